"""`runs watch`: a block that is redrawn in a terminal, or one line for each change without one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from agent.harness.schema import Status, StepKind
from runs.cli import text
from runs.cli.screen import Screen
from runs.errors import ExitStatus
from runs.journal.run import Run, Step
from runs.watching import Snapshot

if TYPE_CHECKING:
    from rich.console import RenderableType

_STATUS = {Status.FAILED: ExitStatus.FAILED, Status.CANCELLED: ExitStatus.CANCELLED}
_KINDS: Mapping[str, str] = {StepKind.START: "start", StepKind.MODEL: "model", StepKind.TOOL: "tool"}
_SHOWN_STEPS = 8
_BAR = 12
# The bar is full at this share of the longest margin that was seen.
_FULL = 1.0


def exit_status(run: Run) -> ExitStatus:
    """Return the exit status that stands for a run's outcome."""
    return _STATUS.get(Status(run.status), ExitStatus.OK) if run.has_ended else ExitStatus.OK


def follow(screen: Screen, snapshots: Iterable[Snapshot], *, now: Callable[[], datetime]) -> Run:
    """Show a run until it has ended, and return it as it was last.

    Args:
        screen: Where to show it.
        snapshots: What is known, again and again; at least one.
        now: Returns the present time.
    """
    if screen.as_json:
        return _print_document(screen, snapshots, now)
    return (_redraw if screen.console.is_terminal else _print_changes)(screen, snapshots, now)


def _redraw(screen: Screen, snapshots: Iterable[Snapshot], now: Callable[[], datetime]) -> Run:
    from rich.live import Live

    longest_margin = 0.0
    with Live(console=screen.console, auto_refresh=False, vertical_overflow="crop") as live:
        for snapshot in snapshots:
            longest_margin = max(longest_margin, _margin(snapshot.run, now()) or 0.0)
            live.update(_block(screen, snapshot, now(), longest_margin), refresh=True)
    return snapshot.run


def _print_changes(screen: Screen, snapshots: Iterable[Snapshot], now: Callable[[], datetime]) -> Run:
    changes = Changes()
    for snapshot in snapshots:
        for at, line in changes.of(snapshot.run, snapshot.steps):
            screen.line(f"{_clock(at or now())}  {line}")
    return snapshot.run


def _print_document(screen: Screen, snapshots: Iterable[Snapshot], now: Callable[[], datetime]) -> Run:
    from runs.document import run_document

    *_, last = snapshots
    screen.document(run_document(last.run, now()))
    return last.run


class Changes:
    """Describes the changes of a run since its last snapshot, one line each."""

    def __init__(self) -> None:
        self._line, self._steps = "", 0

    def of(self, run: Run, steps: Sequence[Step]) -> Iterator[tuple[datetime | None, str]]:
        """Yield a line for each new step, and one for a new status, attempt or progress.

        A line comes with the time of the step's or the run's end; None stands for now.
        """
        for step in steps[self._steps :]:
            yield step.finished_at, _step(step)
        self._steps = len(steps)
        line = f"{text.look(run.status).word}, attempt {run.attempt}: {text.headline(text.outcome(run))}"
        if line != self._line:
            yield run.finished_at, line
            self._line = line


def _block(screen: Screen, snapshot: Snapshot, now: datetime, longest_margin: float) -> RenderableType:
    from rich.console import Group

    run, state = snapshot.run, snapshot.state
    rows = [
        screen.cut(
            screen.status(run.status), f"  {run.session_id}  {text.duration(run.seconds(now))}", _expected(run, now)
        ),
        screen.cut(f"  {text.headline(text.outcome(run))}"),
        screen.cut(f"  attempt {run.attempt}", *([f" · workflow {state.name}"] if state and state.name else [])),
    ]
    margin = _margin(run, now)
    if margin is not None:
        rows.append(screen.cut(f"  lease   {_bar(screen, margin, longest_margin)} {max(0, round(margin))} s left"))
    hidden = len(snapshot.steps) - _SHOWN_STEPS
    rows += (
        [screen.cut(f"  … {hidden} earlier steps" if screen.shows_signs else f"  ... {hidden} earlier steps")]
        if hidden > 0
        else []
    )
    rows += [screen.cut(f"  {_clock(step.finished_at)}  {_step(step)}") for step in snapshot.steps[-_SHOWN_STEPS:]]
    return Group(*rows)


def _expected(run: Run, now: datetime) -> str:
    if run.has_ended or run.expected_end_at is None or run.requested_at is None:
        return ""
    expected = (run.expected_end_at - run.requested_at).total_seconds()
    return (
        f" of about {text.duration(expected)}" if run.expected_end_at > now else f", expected {text.duration(expected)}"
    )


def _margin(run: Run, now: datetime) -> float | None:
    if run.status != Status.BUSY or run.lease_expires_at is None:
        return None
    return (run.lease_expires_at - now).total_seconds()


def _bar(screen: Screen, margin: float, longest: float) -> str:
    full, empty = ("▓", "░") if screen.shows_signs else ("#", ".")
    filled = round(_BAR * min(_FULL, max(0.0, margin) / longest)) if longest else 0
    return full * filled + empty * (_BAR - filled)


def _step(step: Step) -> str:
    kind = _KINDS.get(step.kind, step.kind)
    tokens = f"  {text.count(step.tokens.total)} tokens" if step.tokens.total else ""
    error = f"  failed: {text.headline(step.error_message or 'no message')}" if step.status == "error" else ""
    seconds = "" if step.kind == StepKind.START else f"  {step.seconds:.1f} s"
    return f"{kind:<5} {step.name}{seconds}{tokens}{error}"


def _clock(moment: datetime | None) -> str:
    return moment.astimezone().strftime("%H:%M:%S") if moment else "        "
