"""`runs start`, `runs cancel`, `runs retry` and `runs redrive`."""

from __future__ import annotations

from typing import Annotated

import typer

from runs.cli.commands.reading import follow
from runs.cli.context import AsJson, Context, RunArgument, working
from runs.errors import RunsError

_EVERY_SECONDS = 1.0


def start(
    context: typer.Context,
    prompt: Annotated[str | None, typer.Option(help="What to ask the agent.")] = None,
    schedule: Annotated[str | None, typer.Option(help="Use the prompt of this schedule.")] = None,
    watch: Annotated[bool, typer.Option("--watch", help="Watch the run until it has ended.")] = False,
    as_json: AsJson = False,
) -> None:
    """Start a run."""
    with working(context, as_json) as work:
        if prompt is not None and schedule is not None:
            raise RunsError("--prompt and --schedule exclude each other: a schedule has its own prompt")
        started = work.actions.start(prompt) if schedule is None else work.actions.start_as_schedule(schedule)
        if watch:
            if not work.as_json:
                work.screen.line(f"Requested {started}")
            follow(work, started, _EVERY_SECONDS)
        _print(work, started, f"Requested {started}: 'runs watch {started[:8]}' follows it")


def cancel(context: typer.Context, run: RunArgument, as_json: AsJson = False) -> None:
    """Cancel a run."""
    with working(context, as_json) as work:
        found = work.run(run)
        work.actions.cancel(found)
        _print(work, found.session_id, f"Asked to cancel {found.session_id}: 'runs watch {found.session_id[:8]}'")


def retry(context: typer.Context, run: RunArgument, as_json: AsJson = False) -> None:
    """Request the work of an ended run again, as a new run."""
    with working(context, as_json) as work:
        started = work.actions.retry(work.run(run))
        _print(work, started, f"Requested {started}: 'runs watch {started[:8]}' follows it")


def redrive(context: typer.Context, run: RunArgument, as_json: AsJson = False) -> None:
    """Let a run's workflow continue where it failed or was aborted."""
    with working(context, as_json) as work:
        found = work.run(run)
        state = work.actions.redrive(found)
        short, where = found.session_id[:8], f" at {state}" if state else ""
        _print(work, found.session_id, f"Run {short} continues{where}: 'runs watch {short}' follows it")


def _print(work: Context, session_id: str, line: str) -> None:
    if work.as_json:
        work.screen.document({"session_id": session_id})
    else:
        work.screen.wrapped(line, indent=0)
