"""The list of runs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import Response

from runs.cli.text import STATUSES
from runs.journal.run import Run
from runs.page.filters import PERIODS, Filters
from runs.page.live import Part, live
from runs.page.rendering import render
from runs.page.site import Site


def list_page(site: Site, request: Request) -> Response:
    """Answer with the list. The counts follow in the stream: they need all runs of the period."""
    filters = Filters.of(request.query_params)
    runs, has_more = filters.read(site.journal, site.now())
    return site.page(
        "list",
        title="Runs",
        filters=filters,
        rows=[_row(site, run) for run in runs],
        counts=_counts(filters, None),
        has_more=has_more,
        periods=PERIODS | ({} if filters.since in PERIODS else {filters.since: f"last {filters.since}"}),
        schedules=list(site.place.outputs.get("schedules", {})),
    )


def list_stream(site: Site, request: Request) -> Response:
    """Answer with the rows that change, and the counts."""
    filters = Filters.of(request.query_params)
    shown: dict[str, None] = {}

    def read() -> Iterator[Part]:
        runs, _ = filters.read(site.journal, site.now())
        # A run that a filter no longer lets through stays where it is, as it is now.
        left = [session_id for session_id in shown if session_id not in {run.session_id for run in runs}]
        gone = [run for session_id in left if (run := site.journal.find(session_id)) is not None]
        shown.update(dict.fromkeys(run.session_id for run in runs if not run.has_ended))
        for run in gone:
            if run.has_ended:
                shown.pop(run.session_id)
        yield Part(elements={f"run-{run.session_id}": _row(site, run) for run in [*runs, *gone]})
        yield Part(elements={"counts": _counts(filters, site.tally(filters).read(site.now()))})

    return live(read, is_closing=site.is_closing)


def _row(site: Site, run: Run) -> Markup:
    now = site.now()
    share = None
    if not run.has_ended and run.expected_end_at is not None and run.requested_at is not None:
        expected = (run.expected_end_at - run.requested_at).total_seconds()
        share = (run.seconds(now), expected)
    return render("parts/row", run=run, now=now, share=share)


def _counts(filters: Filters, by_status: Mapping[str, int] | None) -> Markup:
    counted = [
        (word, None if by_status is None else by_status.get(status, 0), status) for word, status in STATUSES.items()
    ]
    total = None if by_status is None else sum(by_status.values())
    return render("parts/counts", filters=filters, counted=counted, total=total)
