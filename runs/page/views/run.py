"""One run: its error and the remedy, its timeline, steps, logs, report and facts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any
from urllib.parse import quote

from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from agent.harness.schema import StepKind
from runs.conversation import Conversation
from runs.errors import ExitStatus, RunsError
from runs.execution import EnteredState, entered_states
from runs.journal.advice import advice
from runs.journal.bill import model_bill
from runs.journal.run import Run, Step
from runs.links import links
from runs.logs.timeline import Logs
from runs.page.drawing.diagram import STAGES, stages
from runs.page.drawing.timeline import timeline
from runs.page.live import Part, live
from runs.page.rendering import render
from runs.page.site import CLAIM_PERIOD, Site
from runs.refusals import explaining
from runs.report.reading import Reports

TABS = ("timeline", "steps", "logs", "report", "conversation")
# The part that is shown until the run is in the journal.
AWAITED = "requested"
_LOG_LINES = 500


def run_page(site: Site, request: Request) -> Response:
    """Answer with one run, or with a note that it is waited for."""
    session_id, tab = request.path_params["session_id"], request.path_params.get("tab", TABS[0])
    if tab not in TABS:
        raise RunsError(f"A run has no part {tab!r}, only {', '.join(TABS)}", ExitStatus.NOT_FOUND)
    run = site.journal.find(session_id)
    if run is None and _is_awaited(site, session_id):
        return site.page("requested", title=f"Run {session_id}", session_id=session_id)
    if run is None:
        # A unique prefix leads to its run; otherwise this lists the runs with similar ids.
        return RedirectResponse(_address(site.journal.resolve(session_id), tab), status_code=303)
    part = _read(site, run, tab)
    return site.page("run", title=f"Run {session_id}", run=run, tab=tab, tabs=TABS, parts=part.elements)


def run_stream(site: Site, request: Request) -> Response:
    """Answer with what changes in one part of a run."""
    session_id, tab = request.path_params["session_id"], request.path_params["tab"]

    def read() -> Iterator[Part]:
        run = site.journal.find(session_id)
        if run is None:
            if not _is_awaited(site, session_id):
                raise RunsError(
                    f"No workflow has claimed run {session_id} within a minute: read the queue of undelivered "
                    "requests, and check the alarm requests-lost",
                    ExitStatus.NOT_FOUND,
                )
            return
        yield Part(elements={}, reload=True, is_last=True) if tab == AWAITED else _read(site, run, tab)

    return live(read, is_closing=site.is_closing)


def report_file(site: Site, request: Request) -> tuple[str, bytes]:
    """Return name and bytes of the report that the journal names; its digest was checked."""
    reports = Reports(site.place)
    file = reports.files(site.journal.get(request.path_params["session_id"]))[0]
    return file.name, reports.read(file)


def _is_awaited(site: Site, session_id: str) -> bool:
    requested_at = site.requested.get(session_id)
    return requested_at is not None and site.now() - requested_at < CLAIM_PERIOD


def _address(session_id: str, tab: str) -> str:
    return f"/runs/{quote(session_id, safe='')}" + ("" if tab == TABS[0] else f"/{tab}")


def _read(site: Site, run: Run, tab: str) -> Part:
    """Return the parts of a run's page as they are now."""
    now, steps = site.now(), site.journal.steps(run.session_id)
    entered, missing = _entered(site, run)
    elements = {
        "head": render("parts/head", run=run, now=now, advice=advice(run), csrf=site.keys.csrf),
        "part": _part(site, run, tab, steps, entered, missing),
        "facts": render("parts/facts", run=run, now=now, place=site.place, **_facts(site, run, steps)),
    }
    # The workflow continues for a moment when the run has ended: it announces the outcome.
    has_ended = run.has_ended and (not entered or entered[-1].name in STAGES["announce"])
    return Part(elements=elements, is_last=has_ended)


def _entered(site: Site, run: Run) -> tuple[Sequence[EnteredState], str]:
    """Return the states of the workflow; without access to them, the rest of the page is still worth reading."""
    if run.execution_arn is None:
        return [], ""
    try:
        with explaining():
            entered = entered_states(site.place, run.execution_arn)
    except RunsError as error:
        return [], str(error)
    return entered, ""


def _part(
    site: Site, run: Run, tab: str, steps: Sequence[Step], entered: Sequence[EnteredState], missing: str
) -> Markup:
    now = site.now()
    if tab == "steps":
        return render("parts/steps", steps=steps, run=run)
    if tab == "logs":
        return _logs(site, run)
    if tab == "report":
        return _report(site, run)
    if tab == "conversation":
        return _conversation(site, run)
    drawn = timeline(run, steps, entered, now)
    return render("parts/timeline", timeline=drawn, stages=stages(run, entered), missing=missing)


def _logs(site: Site, run: Run) -> Markup:
    try:
        with explaining():
            logged = Logs(site.place).read(run, now=site.now(), limit=_LOG_LINES)
    except RunsError as error:
        return render("parts/logs", run=run, lines=(), is_cut=False, missing=str(error))
    return render("parts/logs", run=run, lines=logged.lines, is_cut=logged.is_cut, missing="")


def _report(site: Site, run: Run) -> Markup:
    try:
        with explaining():
            file = Reports(site.place).files(run)[0]
    except RunsError as error:
        return render("parts/report", run=run, file=None, missing=str(error))
    return render("parts/report", run=run, file=file, missing="")


def _conversation(site: Site, run: Run) -> Markup:
    try:
        with explaining():
            found = site.conversations.read(run)
    except RunsError as error:
        return render("parts/conversation", run=run, conversation=Conversation(), missing=str(error))
    return render("parts/conversation", run=run, conversation=found, missing="")


def _facts(site: Site, run: Run, steps: Sequence[Step]) -> dict[str, Any]:
    bill = model_bill(steps)
    return {
        "models": list(dict.fromkeys(step.name for step in steps if step.kind == StepKind.MODEL)),
        "tokens": bill.tokens,
        "usd": bill.usd,
        "unpriced": sorted(bill.unknown),
        "calls": {kind.lower(): sum(step.kind == kind for step in steps) for kind in (StepKind.TOOL, StepKind.MODEL)},
        "links": links(site.place, run),
    }
