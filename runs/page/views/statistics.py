"""Statistics of a period. Reading all its runs takes a while, so they follow in the stream."""

from __future__ import annotations

from collections.abc import Iterator

from starlette.requests import Request
from starlette.responses import Response

from runs.cli.period import parse_period
from runs.cli.text import STATUSES
from runs.page.drawing.charts import cost_per_day, runs_per_day, tokens_per_day
from runs.page.filters import PERIODS, Filters
from runs.page.live import Part, live
from runs.page.rendering import render
from runs.page.site import Site
from runs.stats import statistics

_EVERY_SECONDS = 60.0


def statistics_page(site: Site, request: Request) -> Response:
    """Answer with the page, on which the figures are still missing."""
    since = Filters.of(request.query_params).since
    periods = PERIODS | ({} if since in PERIODS else {since: f"last {since}"})
    return site.page("statistics", title="Statistics", since=since, periods=periods)


def statistics_stream(site: Site, request: Request) -> Response:
    """Answer with the figures."""
    since = Filters.of(request.query_params).since

    def read() -> Iterator[Part]:
        now = site.now()
        begin = now - parse_period(since)
        stats = statistics(site.place, site.journal.runs(since=begin), since=begin, now=now)
        figures = render(
            "parts/figures",
            stats=stats,
            charts={
                "Runs a day": runs_per_day(stats.days),
                "Cost a day": cost_per_day(stats.days),
                "Tokens a day": tokens_per_day(stats.days),
            },
            statuses=STATUSES,
            largest_error=max(stats.errors.values(), default=0),
        )
        yield Part(elements={"figures": figures})

    return live(read, is_closing=site.is_closing, every=_EVERY_SECONDS)
