"""The workflow's states that keep a schedule's runs from overlapping: claim the schedule, then release it.

A schedule has at most one current run. A run claims its schedule with one conditional write. If another run holds it,
the states look at that run: one that has ended does not count, even if its workflow could not release the schedule.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

from agent import event_types
from agent.harness.schema import (
    CURRENT_RUN_SORT_KEY,
    LIMIT_PREFIX,
    PARTITION_KEY,
    SORT_KEY,
    Attribute,
    ErrorType,
    ScheduleAttribute,
    Status,
)
from components.settings.schedules import Overlap
from components.workflow.definitions.event import DETAIL, SOURCE
from components.workflow.definitions.states import (
    CONDITION_FAILED,
    IS_LIVE,
    LIVE_STATUSES,
    AttributeValue,
    State,
    expires_at,
    now,
    number,
    read_item,
    run_key,
    update_item,
    update_run,
)

_KEY: Mapping[str, AttributeValue] = {
    PARTITION_KEY: {"S": f"{{% '{LIMIT_PREFIX}' & $schedule %}}"},
    SORT_KEY: {"S": CURRENT_RUN_SORT_KEY},
}
_HOLDER = f"#{ScheduleAttribute.SESSION_ID}"
_IS_MINE = f"{_HOLDER} = :{ScheduleAttribute.SESSION_ID}"
_UNTIL = f"#{ScheduleAttribute.UNTIL}"


def schedule_of_request(overlaps: Mapping[str, Overlap]) -> str:
    """Return the expression for the schedule that a run must claim. It is empty if there is none.

    Only an event from the schedules' own source is believed.

    Args:
        overlaps: What happens at an overlap, by `requested_by`, for each schedule whose runs must not overlap.
    """
    requester = f"{DETAIL}.{Attribute.REQUESTED_BY}"
    return (
        f"{SOURCE} = '{event_types.SCHEDULE_SOURCE}' and $type({requester}) = 'string' "
        f"and {requester} in {json.dumps(list(overlaps))} ? {requester} : ''"
    )


def claim_schedule(table_name: str, journal_retention_days: int, after: str) -> State:
    """Return the state that makes the run the current one of its schedule, if no other live run is.

    Args:
        table_name: The journal.
        journal_retention_days: How long the item stays after the schedule's last claim.
        after: The next state.
    """
    return {
        **update_item(
            table_name,
            _KEY,
            {
                ScheduleAttribute.SESSION_ID: {"S": "{% $session_id %}"},
                ScheduleAttribute.UNTIL: number("$deadline_at"),
                ScheduleAttribute.EXPIRES_AT: expires_at(journal_retention_days),
            },
            condition=(f"attribute_not_exists({_HOLDER}) OR {_IS_MINE} OR {_HOLDER} = :replaced OR {_UNTIL} <= :now"),
            values={"replaced": {"S": "{% $current_run %}"}, "now": now()},
        ),
        "Catch": [{"ErrorEquals": [CONDITION_FAILED], "Next": "FindCurrentRun"}],
        "Next": after,
    }


def find_current_run(table_name: str) -> State:
    """Return the state that reads which run holds the schedule."""
    holder = f"$states.result.Item.{ScheduleAttribute.SESSION_ID}.S"
    return {
        **read_item(table_name, _KEY, [ScheduleAttribute.SESSION_ID]),
        "Assign": {"current_run": f"{{% $exists({holder}) ? {holder} : 'none' %}}"},
        "Next": "ReadCurrentRun",
    }


def read_current_run(table_name: str) -> State:
    """Return the state that reads whether the run that holds the schedule is live."""
    status = f"$states.result.Item.{Attribute.STATUS}.S"
    return {
        **read_item(table_name, run_key("$current_run"), [Attribute.STATUS]),
        "Assign": {"run": {Attribute.STATUS: f"{{% $exists({status}) ? {status} : 'ABSENT' %}}"}},
        "Next": "EvaluateOverlap",
    }


def evaluate_overlap(overlaps: Mapping[str, Overlap]) -> State:
    """Return the state that decides between the two runs. `ClaimSchedule` may replace a run that it has judged."""
    live = json.dumps([Status.PENDING, Status.BUSY])
    replacing = json.dumps([name for name, overlap in overlaps.items() if overlap == Overlap.CANCEL_OLD])
    return {
        "Type": "Choice",
        "Choices": [
            {
                "Condition": f"{{% $current_run = $session_id or $not($run.{Attribute.STATUS} in {live}) %}}",
                "Next": "ClaimSchedule",
            },
            {
                "Condition": f"{{% $not($schedule in {replacing}) %}}",
                "Assign": {
                    "failure": {
                        Attribute.ERROR_TYPE: ErrorType.SCHEDULE_OVERLAP,
                        Attribute.ERROR_MESSAGE: (
                            "{% 'The last run of this schedule, ' & $current_run & ', has not ended, so this run was "
                            "skipped: cancel that run, give the schedule a longer interval, or change its overlap' %}"
                        ),
                    }
                },
                "Next": "RecordSkip",
            },
        ],
        "Default": "CancelCurrentRun",
    }


def cancel_current_run(table_name: str) -> State:
    """Return the state that marks the other run for cancellation, as a request to cancel it does."""
    return {
        **update_run(
            table_name,
            "$current_run",
            {
                Attribute.CANCEL_REQUESTED_AT: now(),
                Attribute.CANCEL_REQUESTED_BY: {"S": "{% $schedule & ', run ' & $session_id %}"},
            },
            condition=IS_LIVE,
            values=LIVE_STATUSES,
            keep=True,  # the first request counts
        ),
        "Catch": [{"ErrorEquals": [CONDITION_FAILED], "Next": "ClaimSchedule"}],
        "Next": "ClaimSchedule",
    }


def release_schedule(table_name: str, after: str) -> State:
    """Return the state that releases the schedule if the run still holds it.

    An error does not keep the outcome from being announced: the next run finds out that this one has ended.

    Args:
        table_name: The journal.
        after: The next state.
    """
    return {
        **update_item(
            table_name,
            _KEY,
            {ScheduleAttribute.UNTIL: number("0")},
            condition=f"{_HOLDER} = :mine",
            values={"mine": {"S": "{% $session_id %}"}},
        ),
        "Catch": [{"ErrorEquals": ["States.ALL"], "Next": after}],
        "Next": after,
    }
