"""The state machine that marks a run for cancellation. The run's agent or workflow sees the mark and ends the run."""

from __future__ import annotations

from typing import Any

from agent.harness.schema import Attribute
from components.events import event_types
from components.workflow.definitions.states import (
    CONDITION_FAILED,
    IS_LIVE,
    LIVE_STATUSES,
    NOT_CLAIMED,
    expires_at,
    now,
    update_run,
)


def cancellation_definition(*, journal_retention_days: int, table_name: str) -> dict[str, Any]:
    """Build the state machine. It marks a run in every phase, even before the workflow has claimed the run.

    Args:
        journal_retention_days: How long a mark without a run stays in the journal.
        table_name: The journal.

    Returns:
        The state machine. Its input is `{source, detail: {session_id}}`.
    """
    session_id = "$states.input.detail.session_id"
    has_session_id = f"$type({session_id}) = 'string' and {session_id} != ''"
    return {
        "Comment": "Marks a run for cancellation.",
        "QueryLanguage": "JSONata",
        "TimeoutSeconds": 600,
        "StartAt": "CheckRequest",
        "States": {
            "CheckRequest": {
                "Type": "Choice",
                "Choices": [{"Condition": f"{{% {has_session_id} %}}", "Next": "MarkRun"}],
                "Default": "InvalidRequest",
            },
            "MarkRun": {
                **update_run(
                    table_name,
                    session_id,
                    {
                        Attribute.CANCEL_REQUESTED_AT: now(),
                        Attribute.CANCEL_REQUESTED_BY: {"S": "{% $string($states.input.source) %}"},
                        Attribute.EXPIRES_AT: expires_at(journal_retention_days),
                    },
                    condition=f"{NOT_CLAIMED} OR {IS_LIVE}",
                    values=LIVE_STATUSES,
                    keep=True,  # the first request counts
                ),
                "Catch": [{"ErrorEquals": [CONDITION_FAILED], "Next": "RunHasEnded"}],
                "Next": "RunMarked",
            },
            "RunMarked": {"Type": "Succeed"},
            "RunHasEnded": {"Type": "Succeed", "Comment": "The run has ended: there is nothing to cancel."},
            "InvalidRequest": {
                "Type": "Fail",
                "Error": "InvalidRequest",
                "Cause": (
                    f"The event '{event_types.CANCELLATION_REQUESTED}' has no session_id: "
                    "send the run's session_id in its detail"
                ),
            },
        },
    }
