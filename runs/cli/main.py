"""The commands. Each parses its options, calls the library and prints; slow imports happen when they are needed."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from agent.harness.schema import Status
from runs.cli.period import parse_period
from runs.errors import RunsError

if TYPE_CHECKING:
    from runs.actions import Actions
    from runs.cli.screen import Screen
    from runs.journal.reading import Journal
    from runs.journal.run import Run
    from runs.place.place import Place

_INTERRUPTED = 130
PROJECT = Path(__file__).resolve().parents[2]

app = typer.Typer(
    no_args_is_help=True,
    help="List, show, start, watch and end the runs of an agent, of a deployed stack or of the local one.",
    context_settings={"help_option_names": ["-h", "--help"]},
    pretty_exceptions_enable=False,
)


@dataclass
class Context:
    """What all commands share.

    Attributes:
        stack: The stack's name; None to find it.
        outputs: A file with the stack's outputs.
        agent: The agent's name; None for the first.
        as_json: Whether to write JSON.
    """

    stack: str | None = None
    outputs: Path | None = None
    agent: str | None = None
    as_json: bool = False

    @cached_property
    def place(self) -> Place:
        """The place of the agent."""
        from runs.place.finding import find
        from runs.place.place import Place

        return Place(find(project=PROJECT, stack=self.stack, outputs=self.outputs), self.agent)

    @cached_property
    def journal(self) -> Journal:
        """The agent's journal."""
        from runs.journal.reading import Journal

        return Journal(self.place)

    @cached_property
    def actions(self) -> Actions:
        """What the operator can do."""
        from runs.actions import Actions
        from runs.cli.text import operator

        return Actions(self.place, operator=operator())

    @cached_property
    def screen(self) -> Screen:
        """Where to print."""
        from runs.cli.screen import Screen

        return Screen(as_json=self.as_json)

    def run(self, text: str) -> Run:
        """Return the run that a text names."""
        return self.journal.get(self.journal.resolve(text))


@app.callback()
def _options(
    context: typer.Context,
    stack: Annotated[
        str | None, typer.Option(envvar="PULUMI_STACK", help="The stack; 'local' is the running local stack.")
    ] = None,
    outputs: Annotated[
        Path | None, typer.Option(envvar="RUNS_OUTPUTS", help="A file with 'pulumi stack output --json'.")
    ] = None,
    agent: Annotated[str | None, typer.Option(help="The agent, if the stack has several.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Write JSON.")] = False,
) -> None:
    context.obj = Context(stack=stack, outputs=outputs, agent=agent, as_json=as_json)


RunArgument = Annotated[str, typer.Argument(metavar="RUN", help="An id, its beginning, or @latest.")]


@app.command("list")
def list_(
    context: typer.Context,
    status: Annotated[Status | None, typer.Option(case_sensitive=False, help="Only runs with this status.")] = None,
    since: Annotated[str, typer.Option(help="How far back, such as 12h, 7d or 4w.")] = "30d",
    schedule: Annotated[str | None, typer.Option(help="Only runs of this schedule.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="At most this many runs.")] = 20,
) -> None:
    """List runs, the newest first."""
    from runs.cli import listing
    from runs.document import run_document

    with _told() as at:
        found = context.obj.journal.runs(
            since=at - parse_period(since),
            status=status,
            requested_by=None if schedule is None else f"schedule {schedule}",
        )
        runs, has_more = listing.limited(found, limit)
        if context.obj.as_json:
            context.obj.screen.document({"runs": [run_document(run, at) for run in runs], "has_more": has_more})
        else:
            listing.print_runs(context.obj.screen, runs, now=at, days=since, has_more=has_more)


@app.command()
def show(context: typer.Context, run: RunArgument) -> None:
    """Show everything about one run."""
    from runs.cli.showing import print_run
    from runs.document import run_document, steps_document

    with _told() as at:
        found = context.obj.run(run)
        steps = context.obj.journal.steps(found.session_id)
        if context.obj.as_json:
            context.obj.screen.document(run_document(found, at) | {"steps": steps_document(steps)})
        else:
            print_run(context.obj.screen, context.obj.place, found, steps, now=at)


@app.command()
def start(
    context: typer.Context,
    prompt: Annotated[str | None, typer.Option(help="What to ask the agent.")] = None,
    schedule: Annotated[str | None, typer.Option(help="Ask what this schedule asks.")] = None,
    follow: Annotated[bool, typer.Option("--watch", help="Watch the run until it has ended.")] = False,
) -> None:
    """Start a run."""
    with _told():
        if prompt is not None and schedule is not None:
            raise RunsError("--prompt and --schedule exclude each other: a schedule has its own prompt")
        actions = context.obj.actions
        started = actions.start(prompt) if schedule is None else actions.start_as_schedule(schedule)
        if follow:
            _watch(context.obj, started, 1.0)
        _print_requested(context.obj, started)


@app.command()
def watch(
    context: typer.Context,
    run: RunArgument,
    every: Annotated[float, typer.Option(min=0.1, help="Seconds between two looks.")] = 1.0,
) -> None:
    """Watch a run until it has ended. The exit status is its outcome."""
    with _told():
        _watch(context.obj, context.obj.journal.resolve(run), every)


def _watch(context: Context, session_id: str, every: float) -> None:
    from runs.cli.watching import exit_status, follow
    from runs.watching import watch as snapshots

    try:
        ended = follow(context.screen, snapshots(context.place, session_id, every=every), now=now)
    except KeyboardInterrupt:
        context.screen.line(f"The run goes on: 'runs watch {session_id[:8]}' follows it again")
        raise typer.Exit(_INTERRUPTED) from None
    raise typer.Exit(int(exit_status(ended)))


@app.command()
def cancel(context: typer.Context, run: RunArgument) -> None:
    """Cancel a run."""
    with _told():
        found = context.obj.run(run)
        context.obj.actions.cancel(found)
        _print_done(context.obj, found, f"Asked to cancel {found.session_id}: 'runs watch {found.session_id[:8]}'")


@app.command()
def retry(context: typer.Context, run: RunArgument) -> None:
    """Ask for the work of a run that has ended again, as a new run."""
    with _told():
        _print_requested(context.obj, context.obj.actions.retry(context.obj.run(run)))


@app.command()
def redrive(context: typer.Context, run: RunArgument) -> None:
    """Let a failed execution continue where it failed."""
    with _told():
        found = context.obj.run(run)
        context.obj.actions.redrive(found)
        _print_done(
            context.obj, found, f"The execution of {found.session_id} continues: 'runs watch {found.session_id[:8]}'"
        )


@app.command()
def ui(
    context: typer.Context,
    opens: Annotated[bool, typer.Option("--open", help="Open it in a browser.")] = False,
    port: Annotated[int, typer.Option(min=0, max=65_535, help="The port; a free one if 0.")] = 0,
) -> None:
    """Serve the web page, on this machine only, until Ctrl-C."""
    from runs.cli.text import operator
    from runs.page.serving import serve

    with _told():
        serve(context.obj.place, operator=operator(), port=port, opens=opens, announce=typer.echo)


def _print_requested(context: Context, session_id: str) -> None:
    if context.as_json:
        context.screen.document({"session_id": session_id})
    else:
        context.screen.line(f"Requested run {session_id}: 'runs watch {session_id[:8]}' follows it")


def _print_done(context: Context, run: Run, line: str) -> None:
    if context.as_json:
        context.screen.document({"session_id": run.session_id})
    else:
        context.screen.line(line)


def now() -> datetime:
    """Return the present time."""
    return datetime.now(UTC)


@contextlib.contextmanager
def _told() -> Iterator[datetime]:
    """Yield the present time; print what an operator can put right as one line, and exit with its status."""
    from runs.refusals import explained

    try:
        yield now()
    except Exception as error:
        told = explained(error)
        if told is None:
            raise
        typer.echo(f"runs: {told}", err=True)
        raise typer.Exit(int(told.status)) from error
