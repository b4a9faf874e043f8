"""The state machine that asks whether a schedule has produced a completed run: pure, and short."""

from __future__ import annotations

import json
from typing import Any

from agent.harness.schema import RUN_KIND, RUNS_INDEX, RUNS_INDEX_PARTITION_KEY, RUNS_INDEX_SORT_KEY, Status


def schedule_watch_definition(*, table_name: str) -> dict[str, Any]:
    """Build the watch: wait for as long as a run may take, then look for one that has completed.

    Args:
        table_name: The journal.

    Returns:
        The state machine. Its input is `{requested_by, earlier_seconds, patience_seconds}`; it fails where, after so
        much patience, no run has completed that `requested_by` has requested since so much earlier than it began.
    """
    # The entries of an object in JSONata are expressions, so this JSON is one.
    search = json.dumps(
        {
            "TableName": table_name,
            "IndexName": RUNS_INDEX,
            "KeyConditionExpression": "#kind = :kind AND #requested_at >= :due",
            "FilterExpression": "#status = :completed AND #requested_by = :requested_by",
            "ExpressionAttributeNames": {
                "#kind": RUNS_INDEX_PARTITION_KEY,
                "#requested_at": RUNS_INDEX_SORT_KEY,
                "#status": "status",
                "#requested_by": "requested_by",
            },
            "Select": "COUNT",
        }
    )
    return {
        "Comment": "Fails where a schedule has produced no completed run.",
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
                        "{% $exists($states.result.LastEvaluatedKey) "
                        "? {'ExclusiveStartKey': $states.result.LastEvaluatedKey} : {} %}"
                    )
                },
                "Retry": [
                    {
                        "ErrorEquals": ["States.ALL"],
                        "IntervalSeconds": 1,
                        "BackoffRate": 2.0,
                        "MaxAttempts": 8,
                        "MaxDelaySeconds": 60,
                        "JitterStrategy": "FULL",
                    }
                ],
                "Next": "Judge",
            },
            "Judge": {
                "Type": "Choice",
                "Choices": [
                    {"Condition": "{% $states.input.Count > 0 %}", "Next": "RunCompleted"},
                    {"Condition": "{% $exists($states.input.LastEvaluatedKey) %}", "Next": "FindRun"},
                ],
                "Default": "NoCompletedRun",
            },
            "RunCompleted": {"Type": "Succeed"},
            "NoCompletedRun": {
                "Type": "Fail",
                "Error": "NoCompletedRun",
                "Cause": "{% 'No run of ' & $values.`:requested_by`.S & ' has completed since ' & $values.`:due`.S %}",
            },
        },
    }
