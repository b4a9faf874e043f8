"""`runs list`: one line for each run, newest first. Runs are printed as they come, and none is kept."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from agent.harness.schema import Status
from runs.cli import text
from runs.cli.screen import Screen
from runs.journal.run import Run
from runs.place.place import Place

if TYPE_CHECKING:
    from rich.text import Text

_GAP = "  "
_SHORT_ID = 8
# A summary needs this many characters. Columns are left out until it has them.
_SUMMARY = 26


@dataclass(frozen=True, kw_only=True)
class _Column:
    """One column. Those with the highest rank are left out first; rank 0 always stays."""

    name: str
    width: int
    rank: int
    cell: Callable[[Run, datetime], str]
    is_right: bool = False


def _columns(place: Place) -> Sequence[_Column]:
    most = place.outputs.get("max_attempts")
    of = f" of {most}" if most else ""
    return (
        _Column(name="STATUS", width=11, rank=0, cell=lambda run, _: run.status),
        _Column(name="RUN", width=_SHORT_ID, rank=0, cell=lambda run, _: run.session_id[:_SHORT_ID]),
        _Column(name="ASKED BY", width=11, rank=1, cell=lambda run, _: text.requester(run)),
        _Column(name="AGE", width=6, rank=0, cell=lambda run, now: text.short_age(run.requested_at, now)),
        _Column(name="DURATION", width=8, rank=0, cell=lambda run, now: text.duration(run.seconds(now)), is_right=True),
        _Column(name="ATTEMPT", width=7, rank=4, cell=lambda run, _: f"{run.attempt}{of}", is_right=True),
        _Column(name="TOKENS", width=6, rank=3, cell=lambda run, _: _tokens(run), is_right=True),
        _Column(
            name="COST",
            width=6,
            rank=3,
            cell=lambda run, _: text.usd(run.cost.usd if run.cost else None),
            is_right=True,
        ),
    )


def _tokens(run: Run) -> str:
    return text.count(run.tokens.total) if run.tokens.total else text.UNKNOWN


class Limited:
    """The first runs of many.

    Attributes:
        has_more: Whether there are more, known when the runs have been read.
    """

    def __init__(self, runs: Iterable[Run], limit: int) -> None:
        self._runs, self._limit = runs, limit
        self.has_more = False

    def __iter__(self) -> Iterator[Run]:
        for number, run in enumerate(self._runs, 1):
            if number > self._limit:
                self.has_more = True
                return
            yield run


def print_runs(
    screen: Screen, place: Place, runs: Limited, *, now: datetime, period: str, is_filtered: bool = False
) -> None:
    """Print runs as they come, and a last line that counts them.

    Args:
        screen: Where to print.
        place: The agent's place.
        runs: The runs.
        now: The present time.
        period: The period, such as `30d`.
        is_filtered: Whether runs of the period were left out.
    """
    columns = _fitting(_columns(place), screen.width)
    screen.line(*_row(screen, columns, [column.name for column in columns], "SUMMARY"))
    shown, running, failed = 0, 0, None
    for run in runs:
        cells = [column.cell(run, now) for column in columns]
        screen.line(*_row(screen, columns, cells, text.headline(text.outcome(run)), status=run.status))
        shown += 1
        running += run.status in (Status.PENDING, Status.BUSY)
        failed = failed or (run.session_id[:_SHORT_ID] if run.status == Status.FAILED else None)
    screen.line("")
    if not shown:
        other = "leave out a filter" if is_filtered else "start one with 'runs start'"
        screen.line(f"No {'such ' if is_filtered else ''}run in the last {period}: {other}, or raise --since")
        return
    parts = [f"{shown} run{'s' if shown > 1 else ''} of the last {period}"]
    parts += [f"{running} running"] if running else []
    parts += ["more with --limit"] if runs.has_more else []
    parts += [f"'runs show {failed}' says why it failed"] if failed else []
    screen.line(" · ".join(parts))


def write_json(screen: Screen, runs: Limited, *, now: datetime) -> None:
    """Write runs as they come, as one JSON object."""
    from runs.document import run_document

    screen.text('{"runs": [')
    separator = "\n"
    for run in runs:
        screen.text(separator + json.dumps(run_document(run, now), ensure_ascii=not screen.shows_signs))
        separator = ",\n"
    screen.text(f'\n], "has_more": {json.dumps(runs.has_more)}}}\n')


def _fitting(columns: Sequence[_Column], width: int | None) -> Sequence[_Column]:
    """Return the columns that leave enough room for a summary."""
    while width is not None and sum(one.width + len(_GAP) for one in columns) + _SUMMARY > width:
        highest = max(one.rank for one in columns)
        if highest == 0:
            break
        columns = [one for one in columns if one.rank != highest]
    return columns


def _row(
    screen: Screen, columns: Sequence[_Column], cells: Sequence[str], summary: str, *, status: str | None = None
) -> list[str | Text]:
    parts: list[str | Text] = []
    for column, cell in zip(columns, cells, strict=True):
        if column.name == "STATUS" and status is not None:
            shown = screen.status(status)
            shown.truncate(column.width, pad=True)
            parts += [shown, _GAP]
            continue
        cut = screen.fit(cell, column.width)
        parts += [cut.rjust(column.width) if column.is_right else cut.ljust(column.width), _GAP]
    return [*parts, summary]
