"""The workflow as a small diagram: its stages, with the current one marked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from runs.execution import LOOK, WAIT, EnteredState
from runs.journal.run import Run

# Every state of the workflow, by the stage that a reader thinks in. A test compares this with the state machine.
STAGES: Mapping[str, Sequence[str]] = {
    "claim": (
        *("ClaimRun", "CheckRequest", "ClaimSchedule", "FindCurrentRun", "ReadCurrentRun", "EvaluateOverlap"),
        *("CancelCurrentRun", "ReadRetried", "EvaluateRetried", "RecordRetry", "DuplicateEvent"),
    ),
    "admit": ("JoinLiveRuns", "CheckLiveRuns", "EvaluateLiveRuns", "RemoveExpiredRuns"),
    "start": ("StartAgent", "EvaluateStart"),
    "wait": WAIT,
    "look": LOOK,
    "take over": ("TakeOver", "StopLostSession"),
    "end": (*("RecordFailure", "RecordCancellation", "RecordSkip", "ReleaseSchedule", "StopSession", "LeaveLiveRuns"),),
    "announce": (
        *("Announce", "ChooseNotification", "Notify", "Outcome"),
        *("RunCompleted", "RunCancelled", "RunLost", "RunFailed"),
    ),
}
_STAGE_OF = {state: stage for stage, states in STAGES.items() for state in states}


def stage_of(state: str) -> str | None:
    """Return the stage of a state; None if a newer workflow has a state that is not known here."""
    return _STAGE_OF.get(state)


@dataclass(frozen=True, kw_only=True)
class Stage:
    """A stage of the workflow.

    Attributes:
        name: Its name.
        entered: How often the execution has entered it.
        is_current: Whether the execution is there now.
    """

    name: str
    entered: int
    is_current: bool


def stages(run: Run, entered: Sequence[EnteredState]) -> Sequence[Stage]:
    """Return all stages, as far as the execution has come."""
    visits = visited(entered)
    workflow_ended = bool(entered) and entered[-1].name in STAGES["announce"] and run.has_ended
    current = None if workflow_ended or not visits else visits[-1].name
    return [
        Stage(name=name, entered=sum(visit.name == name for visit in visits), is_current=name == current)
        for name in STAGES
    ]


def visited(entered: Sequence[EnteredState]) -> Sequence[EnteredState]:
    """Return each stage that was entered, oldest first, with the time of its first state."""
    found: list[EnteredState] = []
    for state in entered:
        stage = stage_of(state.name) or state.name
        if not found or found[-1].name != stage:
            found.append(EnteredState(name=stage, at=state.at))
    return found
