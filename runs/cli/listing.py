"""`runs list`: one line for each run, newest first."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from agent.harness.schema import Status
from runs.cli import text
from runs.cli.screen import Screen
from runs.journal.run import Run

if TYPE_CHECKING:
    from rich.text import Text

# Each column with its width; the summary has the rest of the line.
_COLUMNS = (("STATUS", 11), ("RUN", 8), ("ASKED BY", 11), ("STARTED", 10), ("DURATION", 8), ("ATT", 3), ("TOKENS", 6))
_RIGHT = {"DURATION", "ATT", "TOKENS"}
_GAP = "  "
_SHORT_ID = 8


def print_runs(screen: Screen, runs: Iterable[Run], *, now: datetime, days: str, has_more: bool) -> None:
    """Print runs as they come, and a last line that counts them.

    Args:
        screen: Where to print.
        runs: The runs.
        now: The present time.
        days: The period, such as `30d`.
        has_more: Whether there are more runs than these.
    """
    screen.line(*_row(screen, [name for name, _ in _COLUMNS], "SUMMARY"))
    shown: list[Run] = []
    for run in runs:
        shown.append(run)
        screen.line(*_row(screen, _cells(run, now), text.outcome(run), status=run.status))
    screen.line("")
    screen.line(_footer(shown, days, has_more=has_more))


def _cells(run: Run, now: datetime) -> list[str]:
    return [
        "",
        run.session_id[:_SHORT_ID],
        text.requester(run),
        text.age(run.requested_at, now),
        text.duration(run.seconds(now)),
        str(run.attempt),
        text.count(run.tokens.total) if run.tokens.total else text.UNKNOWN,
    ]


def _row(screen: Screen, cells: Sequence[str], summary: str, *, status: str | None = None) -> list[str | Text]:
    parts: list[str | Text] = []
    for (name, width), cell in zip(_COLUMNS, cells, strict=True):
        if name == "STATUS" and status is not None:
            shown = screen.status(status)
            shown.truncate(width, pad=True)
            parts += [shown, _GAP]
            continue
        cut = cell if len(cell) <= width else cell[: width - 1] + "…"
        parts += [cut.rjust(width) if name in _RIGHT else cut.ljust(width), _GAP]
    return [*parts, summary]


def _footer(shown: Sequence[Run], days: str, *, has_more: bool) -> str:
    if not shown:
        return f"No run in the last {days}: start one with 'runs start', or raise --since"
    running = sum(run.status in (Status.PENDING, Status.BUSY) for run in shown)
    failed = next((run for run in shown if run.status == Status.FAILED), None)
    parts = [f"{len(shown)} run{'s' if len(shown) > 1 else ''} of the last {days}"]
    parts += [f"{running} running"] if running else []
    parts += ["more with --limit"] if has_more else []
    parts += [f"'runs show {failed.session_id[:_SHORT_ID]}' says why it failed"] if failed else []
    return " · ".join(parts)


def limited(runs: Iterable[Run], limit: int) -> tuple[list[Run], bool]:
    """Return the first runs, and whether there are more."""
    found = list(itertools.islice(runs, limit + 1))
    return found[:limit], len(found) > limit
