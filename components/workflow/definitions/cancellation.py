"""The machine that marks a run for cancellation, as a pure function; whoever has the run sees the mark and ends it."""

from __future__ import annotations

from typing import Any

from agent.harness.schema import TTL_ATTRIBUTE, Status
from components.events import event_types
from components.workflow.definitions.states import CONDITION_FAILED, expires_at, now, update_run


def cancellation_definition(*, journal_retention_days: int, table_name: str) -> dict[str, Any]:
    """Build the machine. It works in every phase: before the claim too, which leaves a mark that is there standing.

    Args:
        journal_retention_days: How long a mark without a run stays in the journal.
        table_name: The journal.

    Returns:
        The state machine. Its input is `{source, detail: {session_id}}`.
    """
    named = "$type($states.input.detail.session_id) = 'string' and $states.input.detail.session_id != ''"
    return {
        "Comment": "Marks a run for cancellation.",
        "QueryLanguage": "JSONata",
        "TimeoutSeconds": 600,
        "StartAt": "CheckRequest",
        "States": {
            "CheckRequest": {
                "Type": "Choice",
                "Choices": [{"Condition": f"{{% {named} %}}", "Next": "MarkRun"}],
                "Default": "InvalidRequest",
            },
            "MarkRun": {
                **update_run(
                    table_name,
                    "$states.input.detail.session_id",
                    {
                        "cancel_requested_at": now(),
                        "cancel_requested_by": {"S": "{% $string($states.input.source) %}"},
                        TTL_ATTRIBUTE: expires_at(journal_retention_days),
                    },
                    condition="attribute_not_exists(#status) OR #status IN (:pending, :busy)",
                    values={"pending": {"S": Status.PENDING}, "busy": {"S": Status.BUSY}},
                    keep=True,  # the first request counts
                ),
                "Catch": [{"ErrorEquals": [CONDITION_FAILED], "Next": "RunHasEnded"}],
                "Next": "RunMarked",
            },
            "RunMarked": {"Type": "Succeed"},
            "RunHasEnded": {"Type": "Succeed", "Comment": "Nothing is left to cancel."},
            "InvalidRequest": {
                "Type": "Fail",
                "Error": "InvalidRequest",
                "Cause": f"'{event_types.CANCELLATION_REQUESTED}' names no run: give its session_id in the detail",
            },
        },
    }
