"""One run on a line of time: the workflow's stages, the attempts, their steps, and what remains of the lease."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from agent.harness.schema import ErrorType, Status, StepKind
from runs.cli import text
from runs.execution import EnteredState
from runs.journal.run import Run, Step
from runs.page.drawing.diagram import visited
from runs.page.drawing.shapes import Bar, Lane, Mark, Timeline

_TICK_SECONDS = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 14_400, 43_200, 86_400)
_MAX_TICKS = 6
_MIN_SECONDS = 5.0
# Names of marks that are closer together than this share of the width would overlap.
_NAME_SPACE = 9.0
_DOT_SPACE = 0.6
_MIN_WIDTH = 0.25
_LOST = (ErrorType.AGENT_LOST, ErrorType.MODEL_UNAVAILABLE)


@dataclass(frozen=True)
class _Scale:
    begin: datetime
    end: datetime

    def x(self, moment: datetime) -> float:
        share = (moment - self.begin) / (self.end - self.begin)
        return round(100 * min(1.0, max(0.0, share)), 3)

    def bar(self, begin: datetime, end: datetime, kind: str, title: str) -> Bar:
        x = self.x(begin)
        return Bar(x=x, width=max(_MIN_WIDTH, round(self.x(end) - x, 3)), kind=kind, title=title)


def timeline(run: Run, steps: Sequence[Step], entered: Sequence[EnteredState], now: datetime) -> Timeline:
    """Return a run on a line of time.

    Args:
        run: The run.
        steps: Its steps, oldest first.
        entered: The states that its workflow has entered.
        now: The present time.
    """
    moments = [state.at for state in entered] + [step.finished_at for step in steps if step.finished_at]
    begin = min([*moments, run.requested_at or now])
    last = run.finished_at if run.finished_at is not None else now
    lease_end = run.lease_expires_at if run.status == Status.BUSY else None
    end = max([*moments, last, lease_end or last, begin + timedelta(seconds=_MIN_SECONDS)])
    scale = _Scale(begin, end + (end - begin) * 0.02)
    attempts = [_attempt(number, run, steps, entered, now, scale) for number in range(1, run.attempt + 1)]
    return Timeline(ticks=list(_ticks(scale)), lanes=[_workflow(entered, scale), *attempts, _steps(steps, scale)])


def _workflow(entered: Sequence[EnteredState], scale: _Scale) -> Lane:
    visits = visited(entered)
    marks, free_until, dot_until = [], math.inf, math.inf
    # Of stages that are close together, the last one is shown: their names would overlap.
    for visit in reversed(visits):
        x = scale.x(visit.at)
        is_minor = visit.name in ("wait", "look")
        if x > (dot_until if is_minor else free_until):
            continue
        if is_minor:
            dot_until = x - _DOT_SPACE
        else:
            free_until = x - _NAME_SPACE
        name = "" if is_minor else visit.name
        kind = "minor" if is_minor else visit.name.replace(" ", "-")
        marks.append(Mark(x=x, kind=kind, name=name, title=f"{visit.name}, {_clock(visit.at)}"))
    names = [mark for mark in marks if mark.name]
    marks = [*(mark for mark in marks if not mark.name and not any(_covers(name, mark.x) for name in names)), *names]
    marks.sort(key=lambda mark: (mark.kind != "minor", mark.x))
    waits = [
        scale.bar(visit.at, following.at, "wait", f"Waits {text.duration((following.at - visit.at).total_seconds())}")
        for visit, following in pairwise(visits)
        if visit.name == "wait"
    ]
    said = ", ".join(f"{visit.name} {_clock(visit.at)}" for visit in visits if visit.name not in ("wait", "look"))
    return Lane(label="workflow", bars=waits, marks=marks, text=said or "Step Functions does not have its history")


def _covers(name: Mark, x: float) -> bool:
    """Return whether a name is written over a place."""
    begin = name.x - _NAME_SPACE if name.is_late else name.x
    return begin <= x <= begin + _NAME_SPACE


def _attempt(
    number: int, run: Run, steps: Sequence[Step], entered: Sequence[EnteredState], now: datetime, scale: _Scale
) -> Lane:
    own = [step.finished_at for step in steps if step.attempt == number and step.finished_at]
    starts = [visit.at for visit in visited(entered) if visit.name == "start"]
    takeovers = [visit.at for visit in visited(entered) if visit.name == "take over"]
    is_last = number == run.attempt
    begin = own[0] if own else (run.started_at if is_last else None)
    begin = begin or (starts[number - 1] if len(starts) >= number else run.requested_at) or now
    lost = not is_last or (run.error_type in _LOST)
    if is_last:
        end = run.finished_at or now
    else:
        following = [step.finished_at for step in steps if step.attempt > number and step.finished_at]
        end = takeovers[number - 1] if len(takeovers) >= number else min(following, default=now)
    seen = min(max([begin, *own]), end) if lost else end
    bars = [scale.bar(begin, seen, "lost" if lost else run.status.lower(), f"{_clock(begin)} to {_clock(seen)}")]
    said = f"{_clock(begin)} to {_clock(end)}"
    if lost:
        bars.append(scale.bar(seen, end, "silent", f"No step after {_clock(seen)}; given up at {_clock(end)}"))
        said += f", lost: no step after {_clock(seen)}"
    elif run.status == Status.BUSY and run.lease_expires_at is not None and run.lease_expires_at > now:
        bars.append(
            scale.bar(now, run.lease_expires_at, "lease", f"Has the lease until {_clock(run.lease_expires_at)}")
        )
        said += f", has the lease until {_clock(run.lease_expires_at)}"
    is_over = lost or run.has_ended
    sign = text.look(Status.FAILED if lost else run.status).sign
    marks = (
        [Mark(x=scale.x(end), kind="lost" if lost else run.status.lower(), name=sign, title=said)] if is_over else []
    )
    return Lane(label=f"attempt {number}", bars=bars, marks=marks, text=said)


def _steps(steps: Sequence[Step], scale: _Scale) -> Lane:
    bars = [
        scale.bar(
            step.finished_at - timedelta(seconds=step.seconds),
            step.finished_at,
            "error" if step.status == "error" else step.kind.lower(),
            f"{step.kind.lower()} {step.name}, {step.seconds:.1f} s, ended {_clock(step.finished_at)}",
        )
        for step in steps
        if step.finished_at and step.kind != StepKind.START
    ]
    return Lane(label="steps", bars=bars, marks=[], text=f"{len(bars)} steps: the tab Steps lists them")


def _ticks(scale: _Scale) -> Iterator[Mark]:
    seconds = (scale.end - scale.begin).total_seconds()
    every = next((one for one in _TICK_SECONDS if seconds / one <= _MAX_TICKS), _TICK_SECONDS[-1])
    moment = scale.begin.astimezone().replace(microsecond=0)
    moment -= timedelta(seconds=(moment.hour * 3_600 + moment.minute * 60 + moment.second) % every)
    while (moment := moment + timedelta(seconds=every)) < scale.end:
        if 3 < (x := scale.x(moment)) < 96:  # its text would be cut
            yield Mark(x=x, kind="tick", name=f"{moment:%H:%M:%S}" if every < 60 else f"{moment:%H:%M}", title="")


def _clock(moment: datetime) -> str:
    return f"{moment.astimezone():%H:%M:%S}"
