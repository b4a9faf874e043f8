"""The workflow's execution of a run: which state it is in, and when it ended."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from runs.place.place import Place

WAIT, LOOK = ("WaitForRun",), ("CheckRun", "EvaluateRun")
"""The states between which the workflow of a working run changes: it waits, and then looks at the run."""

# A state is entered at most this many events before the newest one. Nine tries of a task are 27, more after a redrive.
_NEWEST_EVENTS = 100
# About the last 550 reads of the journal, in pages of the largest size.
_SHOWN_EVENTS, _PAGE = 5000, 1000
_FIRST_EVENTS = 50


@dataclass(frozen=True, kw_only=True)
class WorkflowState:
    """The state of an execution.

    Attributes:
        name: The state that was entered last; None if the history is not there any more.
        kind: Its type, such as Task.
        since: When it was entered.
        status: Status of the execution, such as RUNNING.
    """

    name: str | None
    kind: str | None
    since: datetime | None
    status: str

    @property
    def summary(self) -> str:
        """The status, and the state if it is known: `FAILED at Announce`."""
        return f"{self.status} at {self.name}" if self.name else self.status

    @property
    def is_interrupted(self) -> bool:
        """Whether the execution ended before its work was done. A Fail state is the end of the work of a failed run."""
        return self.status in ("FAILED", "TIMED_OUT", "ABORTED") and self.kind != "Fail"


def workflow_state(place: Place, execution_arn: str) -> WorkflowState | None:
    """Return the state of an execution; None if Step Functions has deleted it, which it does after 90 days."""
    client: Any = place.client("stepfunctions")
    try:
        status = client.describe_execution(executionArn=execution_arn)["status"]
        events = client.get_execution_history(
            executionArn=execution_arn, reverseOrder=True, maxResults=_NEWEST_EVENTS, includeExecutionData=False
        )["events"]
    except client.exceptions.ExecutionDoesNotExist:
        return None
    entered = next((event for event in events if "stateEnteredEventDetails" in event), None)
    return WorkflowState(
        name=entered["stateEnteredEventDetails"]["name"] if entered else None,
        kind=entered["type"].removesuffix("StateEntered") if entered else None,
        since=entered["timestamp"] if entered else None,
        status=status,
    )


def execution_end(place: Place, execution_arn: str) -> datetime | None:
    """Return when an execution ended; None if it runs, or if Step Functions has deleted it."""
    client: Any = place.client("stepfunctions")
    try:
        end: datetime | None = client.describe_execution(executionArn=execution_arn).get("stopDate")
    except client.exceptions.ExecutionDoesNotExist:
        return None
    return end


@dataclass(frozen=True, kw_only=True)
class EnteredState:
    """A state that an execution has entered.

    Attributes:
        name: The state's name.
        at: When it was entered.
    """

    name: str
    at: datetime


def entered_states(place: Place, execution_arn: str) -> Sequence[EnteredState]:
    """Return the first and the latest states that were entered, oldest first; none if the execution was deleted."""
    client: Any = place.client("stepfunctions")
    request = {"executionArn": execution_arn, "includeExecutionData": False}
    try:
        pages = client.get_paginator("get_execution_history").paginate(
            **request, reverseOrder=True, PaginationConfig={"MaxItems": _SHOWN_EVENTS, "PageSize": _PAGE}
        )
        newest = pages.build_full_result()
        # How it began is shown too; what is between was waiting and looking.
        oldest = client.get_execution_history(**request, maxResults=_FIRST_EVENTS) if "NextToken" in newest else {}
    except client.exceptions.ExecutionDoesNotExist:
        return []
    events = {event["id"]: event for event in [*oldest.get("events", ()), *newest["events"]]}
    entered = (events[number] for number in sorted(events) if "stateEnteredEventDetails" in events[number])
    return [EnteredState(name=event["stateEnteredEventDetails"]["name"], at=event["timestamp"]) for event in entered]
