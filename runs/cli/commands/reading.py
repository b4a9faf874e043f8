"""`runs list`, `runs show` and `runs watch`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from agent.event_types import schedule_requester
from runs.cli import context as shared
from runs.cli.context import AsJson, Context, RunArgument, Since, working
from runs.cli.text import STATUSES, Word

if TYPE_CHECKING:
    from runs.execution import WorkflowState
    from runs.journal.run import Run

# DynamoDB counts the limit of a page before it filters.
_LARGEST_PAGE = 1000


def list_(
    context: typer.Context,
    status: Annotated[Word | None, typer.Option(case_sensitive=False, help="Only runs with this status.")] = None,
    since: Since = "30d",
    schedule: Annotated[str | None, typer.Option(help="Only runs of this schedule.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="At most this many runs.")] = 20,
    as_json: AsJson = False,
) -> None:
    """List runs, the newest first."""
    from runs.cli import listing
    from runs.cli.period import parse_period

    with working(context, as_json) as work:
        now = shared.now()
        found = work.journal.runs(
            since=now - parse_period(since),
            status=None if status is None else STATUSES[status],
            requested_by=None if schedule is None else schedule_requester(schedule),
            page_size=min(limit + 1, _LARGEST_PAGE) if status is None and schedule is None else None,
        )
        runs = listing.Limited(found, limit)
        if work.as_json:
            listing.write_json(work.screen, runs, now=now)
        else:
            is_filtered = status is not None or schedule is not None
            listing.print_runs(work.screen, work.place, runs, now=now, period=since, is_filtered=is_filtered)


def show(context: typer.Context, run: RunArgument, as_json: AsJson = False) -> None:
    """Show everything about one run."""
    from runs.cli.showing import print_run
    from runs.document import run_document, steps_document, workflow_document
    from runs.links import links

    with working(context, as_json) as work:
        now = shared.now()
        found = work.run(run)
        steps = work.journal.steps(found.session_id)
        state, problem = _workflow(work, found)
        if work.as_json:
            work.screen.document(
                run_document(found, now)
                | {
                    "workflow": workflow_document(state),
                    "steps": steps_document(steps),
                    "links": links(work.place, found),
                }
            )
        else:
            print_run(work.screen, work.place, found, steps, state, problem, now=now)


def _workflow(work: Context, run: Run) -> tuple[WorkflowState | None, str]:
    """Return the state of a run's workflow. Without access to it, return why: the rest is still worth reading."""
    from runs.errors import RunsError
    from runs.execution import workflow_state
    from runs.refusals import explaining

    if run.execution_arn is None:
        return None, ""
    try:
        with explaining():
            return workflow_state(work.place, run.execution_arn), ""
    except RunsError as error:
        return None, str(error)


def watch(
    context: typer.Context,
    run: RunArgument,
    every: Annotated[float, typer.Option(min=0.1, help="Seconds between two updates.")] = 1.0,
    as_json: AsJson = False,
) -> None:
    """Watch a run until it has ended. The exit status is its outcome."""
    with working(context, as_json) as work:
        follow(work, work.journal.resolve(run), every)


def follow(work: Context, session_id: str, every: float) -> None:
    """Show a run until it has ended, and exit with its outcome."""
    from runs.cli.watching import exit_status
    from runs.cli.watching import follow as show_changes
    from runs.watching import watch as snapshots

    try:
        ended = show_changes(work.screen, snapshots(work.place, session_id, every=every), now=shared.now)
    except KeyboardInterrupt:
        typer.echo(f"The run goes on: 'runs watch {session_id[:8]}' follows it again", err=True)
        raise typer.Exit(shared.INTERRUPTED) from None
    raise typer.Exit(int(exit_status(ended)))
