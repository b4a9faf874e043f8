"""The state machine that checks that a schedule has produced a completed run."""

from __future__ import annotations

import json
from typing import Any

from agent.harness.schema import RUN_KIND, RUNS_INDEX, Attribute, ErrorType, Status
from components.workflow.definitions.states import backoff


def schedule_watch_definition(*, table_name: str) -> dict[str, Any]:
    """Build the watch: wait as long as a run may take, then look for a completed one.

    Args:
        table_name: The journal.

    Returns:
        The state machine. Its input is `{requested_by, earlier_seconds, patience_seconds}`. It waits
        `patience_seconds`, then looks for runs that `requested_by` has requested since `earlier_seconds` before the
        watch began. It fails if none of them has completed, and none was skipped: if the run that had not ended then
        fails, another alarm reports it.
    """
    kind, requested_at = Attribute.KIND, Attribute.REQUESTED_AT
    status, requested_by, error_type = Attribute.STATUS, Attribute.REQUESTED_BY, Attribute.ERROR_TYPE
    # JSONata evaluates the entries of an object, so this JSON is an expression.
    search = json.dumps(
        {
            "TableName": table_name,
            "IndexName": RUNS_INDEX,
            "KeyConditionExpression": f"#{kind} = :kind AND #{requested_at} >= :due",
            "FilterExpression": (
                f"#{requested_by} = :requested_by AND (#{status} = :completed OR #{error_type} = :skipped)"
            ),
            "ExpressionAttributeNames": {
                f"#{name}": name for name in (kind, requested_at, status, requested_by, error_type)
            },
            "Select": "COUNT",
        }
    )
    return {
        "Comment": "Fails if a schedule has produced no completed run.",
        "QueryLanguage": "JSONata",
        "StartAt": "WaitForRun",
        "States": {
            "WaitForRun": {
                "Type": "Wait",
                "Seconds": "{% $states.input.patience_seconds %}",
                "Assign": {
                    "values": {
                        ":kind": {"S": RUN_KIND},
                        ":completed": {"S": Status.COMPLETED},
                        ":skipped": {"S": ErrorType.SCHEDULE_OVERLAP},
                        ":requested_by": {"S": "{% $states.input.requested_by %}"},
                        ":due": {
                            "S": "{% $fromMillis($toMillis($states.context.Execution.StartTime) "
                            "- $states.input.earlier_seconds * 1000) %}"
                        },
                    },
                    "next_page": {},
                },
                "Next": "FindRun",
            },
            "FindRun": {
                "Type": "Task",
                "Resource": "arn:aws:states:::aws-sdk:dynamodb:query",
                "TimeoutSeconds": 30,
                "Arguments": f"{{% $merge([{search}, {{'ExpressionAttributeValues': $values}}, $next_page]) %}}",
                "Assign": {
                    "next_page": (
                        "{% $type($states.result.LastEvaluatedKey) = 'object' "
                        "? {'ExclusiveStartKey': $states.result.LastEvaluatedKey} : {} %}"
                    )
                },
                "Retry": [backoff(["States.ALL"], attempts=8, limit_seconds=60)],
                "Next": "Judge",
            },
            "Judge": {
                "Type": "Choice",
                "Choices": [
                    {"Condition": "{% $states.input.Count > 0 %}", "Next": "RunCompleted"},
                    {"Condition": "{% $type($states.input.LastEvaluatedKey) = 'object' %}", "Next": "FindRun"},
                ],
                "Default": "NoCompletedRun",
            },
            "RunCompleted": {"Type": "Succeed"},
            "NoCompletedRun": {
                "Type": "Fail",
                "Error": "NoCompletedRun",
                "Cause": (
                    "{% 'No run requested by ' & $values.`:requested_by`.S & ' since ' & $values.`:due`.S "
                    "& ' has completed: look for it in the journal, then check the schedule and the dead letters' %}"
                ),
            },
        },
    }
