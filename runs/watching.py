"""Follows a run until it has ended."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from runs.execution import WorkflowState, workflow_state
from runs.journal.reading import Journal
from runs.journal.run import Run, Step
from runs.place.place import Place

# A run that was just requested is in the journal when its workflow has claimed it.
_CLAIM_SECONDS = 60.0


@dataclass(frozen=True, kw_only=True)
class Snapshot:
    """The state of a run at one moment.

    Attributes:
        run: The run.
        steps: Its steps.
        place: The agent's place.
    """

    run: Run
    steps: Sequence[Step]
    place: Place

    @cached_property
    def state(self) -> WorkflowState | None:
        """The state of the run's workflow, read when it is asked for; None before it is known."""
        return None if self.run.execution_arn is None else workflow_state(self.place, self.run.execution_arn)


def watch(
    place: Place,
    session_id: str,
    *,
    every: float = 1.0,
    monotonic: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> Iterator[Snapshot]:
    """Yield a snapshot of a run again and again, until it has ended.

    Args:
        place: The agent's place.
        session_id: The run's id. A run that is not there yet is waited for, for a minute.
        every: Seconds between two reads.
        monotonic: Returns seconds of a clock that never goes back.
        sleep: Waits for some seconds.

    Raises:
        RunsError: There is no such run.
    """
    journal = Journal(place)
    begun_at = monotonic()
    while True:
        is_late = monotonic() - begun_at > _CLAIM_SECONDS
        run = journal.get(session_id) if is_late else journal.find(session_id)
        if run is not None:
            yield Snapshot(run=run, steps=journal.steps(session_id), place=place)
            if run.has_ended:
                return
        sleep(every)
