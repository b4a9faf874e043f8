"""The state machine that marks a run for cancellation. The run's agent or workflow sees the mark and ends the run."""

from __future__ import annotations

import json
from typing import Any

from agent import event_types
from agent.harness.payload import SESSION_ID_RULE
from agent.harness.schema import Attribute
from components.workflow.definitions.event import DETAIL, detail_problem, is_session_id, requester
from components.workflow.definitions.states import (
    CONDITION_FAILED,
    IS_LIVE,
    LIVE_STATUSES,
    NOT_CLAIMED,
    State,
    expires_at,
    now,
    update_run,
)

_SESSION_ID = f"{DETAIL}.session_id"
# The rule delivers an event for an hour (components/events/schedules.py), so no run is claimed a day after its event.
_MARK_DAYS = 1
# A run is normally claimed within a second of its event.
_CLAIM_SECONDS = 30


def cancellation_definition(*, table_name: str) -> dict[str, Any]:
    """Build the state machine. It marks a run in every phase, even before the workflow has claimed the run.

    A mark whose run is not claimed soon is reported as "NoSuchRun". It stays for a day: if the run's event is late, the
    run is cancelled when it is claimed. The claim replaces the time at which the item expires.

    Args:
        table_name: The journal.

    Returns:
        The state machine. Its input is an event with the detail `{session_id}`, and `requested_by` if it is known.
    """
    return {
        "Comment": "Marks a run for cancellation.",
        "QueryLanguage": "JSONata",
        "TimeoutSeconds": 600,
        "StartAt": "CheckRequest",
        "States": {
            "CheckRequest": {
                "Type": "Choice",
                "Choices": [
                    {
                        "Condition": f"{{% {is_session_id(_SESSION_ID)} %}}",
                        "Assign": {"session_id": f"{{% {_SESSION_ID} %}}", "has_waited": False},
                        "Next": "MarkRun",
                    }
                ],
                "Default": "InvalidRequest",
            },
            "MarkRun": _mark_run(table_name),
            "EvaluateMark": {
                "Type": "Choice",
                "Choices": [
                    {"Condition": "{% $is_claimed %}", "Next": "RunMarked"},
                    {"Condition": "{% $has_waited %}", "Next": "NoSuchRun"},
                ],
                "Default": "WaitForClaim",
            },
            "WaitForClaim": {
                "Type": "Wait",
                "Seconds": _CLAIM_SECONDS,
                "Assign": {"has_waited": True},
                "Next": "MarkRun",
            },
            "RunMarked": {"Type": "Succeed"},
            "RunHasEnded": {"Type": "Succeed", "Comment": "The run has ended: there is nothing to cancel."},
            "NoSuchRun": {
                "Type": "Fail",
                "Error": "NoSuchRun",
                "Cause": (
                    "{% 'There is no run with the session_id ' & $session_id & "
                    "': send the EventId that put-events returned for the request. If the request is only late, "
                    "the run will be cancelled' %}"
                ),
            },
            "InvalidRequest": {"Type": "Fail", "Error": "InvalidRequest", "Cause": f"{{% {_problem()} %}}"},
        },
    }


def _mark_run(table_name: str) -> State:
    mark = update_run(
        table_name,
        "$session_id",
        {
            Attribute.CANCEL_REQUESTED_AT: now(),
            Attribute.CANCEL_REQUESTED_BY: {"S": f"{{% {requester()} %}}"},
            Attribute.EXPIRES_AT: expires_at(_MARK_DAYS),
        },
        condition=f"{NOT_CLAIMED} OR {IS_LIVE}",
        values=LIVE_STATUSES,
        keep=True,  # the first request counts, and a run keeps its own time of expiry
    )
    mark["Arguments"]["ReturnValues"] = "ALL_NEW"
    return {
        **mark,
        "Assign": {"is_claimed": f"{{% $exists($states.result.Attributes.{Attribute.STATUS}) %}}"},
        "Output": "{% $states.input %}",  # for the second mark
        "Catch": [{"ErrorEquals": [CONDITION_FAILED], "Next": "RunHasEnded"}],
        "Next": "EvaluateMark",
    }


def _problem() -> str:
    """Return the expression for what is wrong with the detail."""
    remedy = json.dumps(
        f": send the run's session_id in the detail of '{event_types.CANCELLATION_REQUESTED}', {SESSION_ID_RULE}"
    )
    found = (
        f"$not($exists({_SESSION_ID})) ? 'The event has no session_id' "
        f": $type({_SESSION_ID}) = 'string' ? 'The session_id is not valid' "
        f": 'The session_id is of type ' & $type({_SESSION_ID})"
    )
    return f"({detail_problem(['session_id', Attribute.REQUESTED_BY], found)}) & {remedy}"
