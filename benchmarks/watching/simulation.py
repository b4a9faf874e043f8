"""Executes the workflow's definition against a simulated run, with a clock that moves only in Wait states."""

from __future__ import annotations

import bisect
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from agent.harness.journal.attributes import encode
from agent.harness.journal.expected_duration import Expectation
from agent.harness.schema import Attribute, Status
from agent.harness.telemetry import StartOutcome
from components.settings.budgets import Budgets
from tests.components import asl
from tests.components.stepping import Execution

_SESSION = "0b5e2f3a-1111-4222-8333-444455556666"
_REQUEST = {"id": _SESSION, "time": "2026-01-01T00:00:00Z", "source": "benchmark", "detail": {}}
_STARTED_AT = 1_800_000_000.0
# The events that each type of state adds to an execution's history, without retries.
_EVENTS = {"Task": 5, "Choice": 2, "Wait": 2, "Succeed": 2, "Fail": 1}
_EVENTS_OF_EXECUTION = 2  # its start and its end


@dataclass(frozen=True, kw_only=True)
class Watched:
    """How a run was watched.

    Attributes:
        looks: How often the workflow has read the journal.
        transitions: State transitions of the whole execution.
        events: Events in its history.
        delay: Seconds from the end of the run to the read that saw it.
    """

    looks: int
    transitions: int
    events: int
    delay: float


class _Journal:
    """The journal with one run, which is BUSY from its start to its end. It has the client's methods that matter."""

    def __init__(self, walk: _Walk, *, seconds: float, expectation: Expectation, budgets: Budgets) -> None:
        self._walk = walk
        self._ends_at = _STARTED_AT + seconds
        self._expectation = expectation
        self._budgets = budgets

    def update_item(self, **arguments: Any) -> Any:
        """Return the attributes that the workflow has written."""
        values = arguments["ExpressionAttributeValues"]
        return {"Attributes": {name.removeprefix(":"): value for name, value in values.items()}}

    def get_item(self, **_: Any) -> Any:
        """Return the run's item at this time."""
        now, budgets = self._walk.now, self._budgets
        fields: dict[str, Any] = {
            Attribute.STATUS: Status.BUSY if now < self._ends_at else Status.COMPLETED,
            Attribute.ATTEMPT: 1,
            Attribute.LEASE_EXPIRES_AT: now + budgets.lease_seconds,
            Attribute.EXPECTED_END_AT: _STARTED_AT + budgets.expected_seconds,
        }
        if now >= _STARTED_AT + budgets.heartbeat_seconds:  # the first heartbeat writes what was learned
            fields[Attribute.EXPECTED_END_AT] = _STARTED_AT + self._expectation.seconds
            fields[Attribute.EXPECTED_ENDS] = self._expectation.ends(_STARTED_AT)
        return {"Item": {name: encode(value) for name, value in fields.items()}}

    class exceptions:  # noqa: N801 (the client's name)
        """The errors that the executor catches. This journal raises none."""

        class ConditionalCheckFailedException(Exception):  # noqa: N818
            """A condition has failed."""


class _Walk:
    """An execution of a definition, state by state."""

    def __init__(
        self, definition: Mapping[str, Any], budgets: Budgets, *, seconds: float, expected: Expectation
    ) -> None:
        self.now = _STARTED_AT
        self.looks = self.transitions = 0
        self.events = _EVENTS_OF_EXECUTION
        self._states = definition["States"]
        self._execution = Execution(
            states=self._states,
            client=_Journal(self, seconds=seconds, expectation=expected, budgets=budgets),
            table_name="journal",
            clock=lambda: self.now,
            at=definition["StartAt"],
            known={"states": {"input": _REQUEST, "context": {"Execution": {"Id": "arn"}}}},
            invoke=lambda _function, _payload: {"outcome": StartOutcome.ACCEPTED},
        )

    @property
    def has_ended(self) -> bool:
        return not self._execution.at

    def move(self) -> None:
        """Execute one state."""
        name = self._execution.at
        state = self._states[name]
        if state["Type"] == "Wait":
            self.now += asl.evaluate(state["Seconds"], self._execution.known, now=self.now)
        self.transitions += 1
        self.events += _EVENTS[state["Type"]]
        self.looks += name == "CheckRun"
        self._execution.move()

    def look(self) -> None:
        """Execute states up to the next read of the journal, including it."""
        before = self.looks
        while self.looks == before:
            self.move()


def watch(definition: Mapping[str, Any], budgets: Budgets, *, seconds: float, expected: Expectation) -> Watched:
    """Execute a whole run.

    Args:
        definition: The workflow.
        budgets: The budgets of the definition.
        seconds: How long the run lasts after its agent has accepted.
        expected: The expected duration, from finished runs.
    """
    walk = _Walk(definition, budgets, seconds=seconds, expected=expected)
    seen_at = None
    while not walk.has_ended:
        walk.move()
        if seen_at is None and walk.now >= _STARTED_AT + seconds:
            seen_at = walk.now
    assert seen_at is not None
    return Watched(
        looks=walk.looks,
        transitions=walk.transitions,
        events=walk.events,
        delay=seen_at - _STARTED_AT - seconds,
    )


class Path:
    """The polls of a run, for one expectation.

    Until a poll sees the end, no state depends on when the run will end. Runs with the same expectation therefore share
    one path, and it is executed only once.

    Args:
        definition: The workflow.
        budgets: The budgets of the definition.
        expected: The expected duration.
        shortest: How a run is watched that has ended before the first poll.
    """

    def __init__(
        self, definition: Mapping[str, Any], budgets: Budgets, expected: Expectation, shortest: Watched
    ) -> None:
        self._walk = _Walk(definition, budgets, seconds=float("inf"), expected=expected)
        # The time of each poll, in seconds after the start, with transitions and events so far.
        self._looks = [self._next()]
        _, transitions, events = self._looks[0]
        self._transitions_of_end, self._events_of_end = shortest.transitions - transitions, shortest.events - events

    def watch(self, seconds: float) -> Watched:
        """Return how a run of some seconds is watched, as `watch` does."""
        while self._looks[-1][0] < seconds:
            self._looks.append(self._next())
        number = bisect.bisect_left(self._looks, (seconds,))
        seen_at, transitions, events = self._looks[number]
        return Watched(
            looks=number + 1,
            transitions=transitions + self._transitions_of_end,
            events=events + self._events_of_end,
            delay=seen_at - seconds,
        )

    def _next(self) -> tuple[float, int, int]:
        self._walk.look()
        return self._walk.now - _STARTED_AT, self._walk.transitions, self._walk.events
