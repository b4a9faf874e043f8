"""Forms that start, cancel and retry runs. Each names its run and asks for confirmation once."""

from __future__ import annotations

import hmac
from urllib.parse import parse_qs, quote

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from runs.errors import ExitStatus, RunsError
from runs.page.site import Site

# More than the longest prompt that the workflow accepts, and no more than an event may have.
_MAX_BODY = 256 * 1024


def start_page(site: Site, _request: Request) -> Response:
    """Answer with the form that starts a run."""
    return site.page("start", title="Start a run", schedules=list(site.place.outputs.get("schedules", {})))


def cancel_page(site: Site, request: Request) -> Response:
    """Ask whether a run shall be cancelled."""
    run = site.journal.get(request.path_params["session_id"])
    if run.has_ended:
        raise RunsError(f"Run {run.session_id} is {run.status} already: there is nothing to cancel")
    return site.page("confirm", title=f"Cancel run {run.session_id}?", run=run, verb="cancel")


def retry_page(site: Site, request: Request) -> Response:
    """Ask whether the work of a run shall be done again."""
    run = site.journal.get(request.path_params["session_id"])
    if not run.has_ended:
        raise RunsError(f"Run {run.session_id} is still {run.status}: cancel it first, or wait for its end")
    return site.page("confirm", title=f"Retry run {run.session_id}?", run=run, verb="retry")


def start(site: Site, _request: Request, form: dict[str, str]) -> Response:
    """Start a run, and show it."""
    schedule, prompt = form.get("schedule", ""), form.get("prompt", "").strip()
    if schedule and prompt:
        raise RunsError("A schedule has its own prompt: choose no schedule, or leave the prompt empty")
    return _show_new(site, site.actions.start_as_schedule(schedule) if schedule else site.actions.start(prompt or None))


def cancel(site: Site, request: Request, _form: dict[str, str]) -> Response:
    """Ask to cancel a run, and show it."""
    run = site.journal.get(request.path_params["session_id"])
    site.actions.cancel(run)
    return _show(run.session_id)


def retry(site: Site, request: Request, _form: dict[str, str]) -> Response:
    """Ask for the work of a run again, and show the new run."""
    return _show_new(site, site.actions.retry(site.journal.get(request.path_params["session_id"])))


async def form_of(site: Site, request: Request) -> dict[str, str]:
    """Return the fields of a form that this page has rendered.

    Raises:
        RunsError: It is another one, or it is too large.
    """
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > _MAX_BODY:
            raise RunsError("The form is too large: shorten the prompt")
    form = {name: values[0] for name, values in parse_qs(body.decode("utf-8", "replace")).items()}
    if not hmac.compare_digest(form.get("csrf", "").encode(), site.keys.csrf.encode()):
        raise RunsError("This form is not from this page, or 'runs ui' was started again: load it again", _FORBIDDEN)
    return form


_FORBIDDEN = ExitStatus.DENIED


def _show_new(site: Site, session_id: str) -> Response:
    site.requested[session_id] = site.now()
    return _show(session_id)


def _show(session_id: str) -> Response:
    return RedirectResponse(f"/runs/{quote(session_id, safe='')}", status_code=303)
