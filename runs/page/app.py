"""The page's application: its addresses, and how it shows errors."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import PurePosixPath

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp

from runs.errors import ExitStatus, RunsError
from runs.page.guard import FOREIGN_POLICY, Guard
from runs.page.rendering import ASSETS
from runs.page.site import Site
from runs.page.views import asking, listing, run, statistics
from runs.refusals import explained

View = Callable[[Site, Request], Response]
Action = Callable[[Site, Request, dict[str, str]], Response]


def application(site: Site, *, port: int) -> ASGIApp:
    """Return the page's application, behind its guard.

    Args:
        site: What its views share.
        port: The port on which it listens.
    """
    get, post = partial(_view, site), partial(_action, site)
    app = Starlette(
        routes=[
            Route("/", get(listing.list_page)),
            Route("/live", get(listing.list_stream)),
            Route("/start", get(asking.start_page)),
            Route("/start", post(asking.start), methods=["POST"]),
            Route("/statistics", get(statistics.statistics_page)),
            Route("/statistics/live", get(statistics.statistics_stream)),
            Route("/runs/{session_id}/cancel", get(asking.cancel_page)),
            Route("/runs/{session_id}/cancel", post(asking.cancel), methods=["POST"]),
            Route("/runs/{session_id}/retry", get(asking.retry_page)),
            Route("/runs/{session_id}/retry", post(asking.retry), methods=["POST"]),
            Route("/runs/{session_id}/report/document", get(_report_document)),
            Route("/runs/{session_id}", get(run.run_page)),
            Route("/runs/{session_id}/{tab}", get(run.run_page)),
            Route("/runs/{session_id}/{tab}/live", get(run.run_stream)),
            Mount("/static", StaticFiles(directory=ASSETS)),
        ],
        exception_handlers={404: partial(_not_found, site), Exception: partial(_fault, site)},
    )
    # Outside of everything, so that it guards the answers to faults too.
    return Guard(app, keys=site.keys, port=port)


def _view(site: Site, view: View) -> Callable[[Request], Awaitable[Response]]:
    async def answer(request: Request) -> Response:
        return await run_in_threadpool(_answer, site, partial(view, site, request))

    return answer


def _action(site: Site, action: Action) -> Callable[[Request], Awaitable[Response]]:
    async def answer(request: Request) -> Response:
        try:
            form = await asking.form_of(site, request)
        except RunsError as error:
            return site.problem(error)
        return await run_in_threadpool(_answer, site, partial(action, site, request, form))

    return answer


def _answer(site: Site, respond: Callable[[], Response]) -> Response:
    try:
        return respond()
    except Exception as error:
        explanation = explained(error)
        if explanation is None:
            raise
        return site.problem(explanation)


def _not_found(site: Site, request: Request, _error: Exception) -> Response:
    return site.problem(RunsError(f"There is no page {request.url.path}", ExitStatus.NOT_FOUND))


def _fault(site: Site, _request: Request, error: Exception) -> Response:
    message = f"The page has a fault ({type(error).__name__}): the terminal of 'runs ui' shows it"
    return site.page("problem", title="Problem", status_code=500, message=message)


def _report_document(site: Site, request: Request) -> Response:
    """Answer with the report itself, for a sandboxed frame: an agent wrote it."""
    name, body = run.report_file(site, request)
    kind = "text/html" if PurePosixPath(name).suffix == ".html" else "text/plain"
    headers = {"Content-Security-Policy": FOREIGN_POLICY}
    return HTMLResponse(body, headers=headers, media_type=f"{kind}; charset=utf-8")
