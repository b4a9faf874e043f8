"""The context of all commands: the agent's place, the screen, and how errors end a command."""

from __future__ import annotations

import contextlib
import itertools
import os
import shutil
import sys
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from runs.actions import Actions
    from runs.cli.screen import Screen
    from runs.journal.reading import Journal
    from runs.journal.run import Run
    from runs.place.place import Place

PROJECT = Path(__file__).resolve().parents[2]
INTERRUPTED = 130
_BROKEN_PIPE = 141
_COMPLETED_IDS = 50

AsJson = Annotated[bool, typer.Option("--json", help="Write JSON.")]
Since = Annotated[str, typer.Option(help="How far back, such as 12h, 7d or 4w.")]


@dataclass
class Context:
    """The context of all commands.

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


def run_ids(context: typer.Context, incomplete: str) -> list[str]:
    """Complete an id: `@latest`, and the newest runs whose ids begin with a text; only `@latest` without a stack."""
    from runs.refusals import explained

    given = context.parent.params if context.parent else {}
    shared = Context(stack=given.get("stack"), outputs=given.get("outputs"), agent=given.get("agent"))
    try:
        newest = itertools.islice(shared.journal.runs(page_size=_COMPLETED_IDS), _COMPLETED_IDS)
        ids = [run.session_id for run in newest]
    except Exception as error:
        if explained(error) is None:
            raise
        ids = []
    return [one for one in ["@latest", *ids] if one.startswith(incomplete)]


RunArgument = Annotated[
    str, typer.Argument(metavar="RUN", help="An id, a unique prefix of one, or @latest.", autocompletion=run_ids)
]


def now() -> datetime:
    """Return the present time."""
    return datetime.now(UTC)


@contextlib.contextmanager
def working(context: typer.Context, as_json: bool) -> Iterator[Context]:
    """Yield what a command needs; turn an error that an operator can fix into one line and an exit status.

    Args:
        context: The command's context.
        as_json: Whether `--json` was given after the command; before it, it counts as well.
    """
    shared: Context = context.obj
    shared.as_json |= as_json
    try:
        yield shared
        sys.stdout.flush()
    except KeyboardInterrupt:
        raise typer.Exit(INTERRUPTED) from None
    except BrokenPipeError:
        # The reader, such as `head`, has seen enough. Python would complain when it flushes at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise typer.Exit(_BROKEN_PIPE) from None
    except Exception as error:
        from agent.harness.journal.visible_text import visible
        from runs.refusals import explained

        if (explanation := explained(error)) is None:
            raise
        _print_error(f"runs: {visible(str(explanation), meant='')}")
        raise typer.Exit(int(explanation.status)) from error


def _print_error(line: str) -> None:
    """Print an error: one line, which a terminal shows without broken words."""
    if sys.stderr.isatty():
        line = textwrap.fill(line, shutil.get_terminal_size().columns, break_on_hyphens=False)
    typer.echo(line, err=True)
