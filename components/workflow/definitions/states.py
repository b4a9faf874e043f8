"""Task states that write to a run's item in the journal, for the state machines that do."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from agent.harness.schema import PARTITION_KEY, RUN_SORT_KEY, SORT_KEY

State = dict[str, Any]
Attribute = Mapping[str, str]

NOW = "$millis() / 1000"
CONDITION_FAILED = "DynamoDB.ConditionalCheckFailedException"


def run_key(session_id: str) -> dict[str, Attribute]:
    """The key of a run's item.

    Args:
        session_id: An expression, without its `{% %}`.
    """
    return {PARTITION_KEY: {"S": f"{{% {session_id} %}}"}, SORT_KEY: {"S": RUN_SORT_KEY}}


def update_run(
    table_name: str,
    session_id: str,
    fields: Mapping[str, Attribute],
    *,
    condition: str,
    values: Mapping[str, Attribute] | None = None,
    keep: bool = False,
) -> State:
    """A state that updates a run's item, if a condition holds; whoever uses it adds what comes next.

    Args:
        table_name: The journal.
        session_id: An expression, without its `{% %}`.
        fields: What to set, in DynamoDB's attribute format.
        condition: Names attributes as `#name`, what is being set as `:name`, and `values` by their names.
        values: What the condition compares with besides.
        keep: Leave a field as it is if it is there.
    """
    names = [*fields, *(name for name in re.findall(r"#(\w+)", condition) if name not in fields)]
    value = "if_not_exists(#{0}, :{0})" if keep else ":{0}"
    return {
        "Type": "Task",
        "Resource": "arn:aws:states:::dynamodb:updateItem",
        "TimeoutSeconds": 30,
        "Arguments": {
            "TableName": table_name,
            "Key": run_key(session_id),
            "UpdateExpression": "SET " + ", ".join(f"#{name} = {value.format(name)}" for name in fields),
            "ConditionExpression": condition,
            "ExpressionAttributeNames": {f"#{name}": name for name in names},
            "ExpressionAttributeValues": {f":{name}": held for name, held in {**fields, **(values or {})}.items()},
        },
        "Retry": journal_retry(),
    }


def now() -> Attribute:
    """The time as the journal keeps it."""
    return number(NOW)


def number(expression: str) -> Attribute:
    """A number as DynamoDB takes it: the expression's value as text."""
    return {"N": f"{{% $string({expression}) %}}"}


def expires_at(retention_days: int) -> Attribute:
    """When DynamoDB may delete the item: whole seconds, or it never does."""
    return number(f"$floor({NOW}) + {retention_days * 86_400}")


def journal_retry() -> list[State]:
    """Whatever DynamoDB answers is worth another try, but for a refused condition and what no repetition mends."""
    final = [CONDITION_FAILED, "DynamoDB.ResourceNotFoundException", "States.QueryEvaluationError"]
    return [{"ErrorEquals": final, "MaxAttempts": 0}, backoff(["States.ALL"], attempts=8, limit_seconds=60)]


def backoff(errors: list[str], *, attempts: int, limit_seconds: int) -> State:
    """Retry with jitter, after twice the time each time."""
    return {
        "ErrorEquals": errors,
        "IntervalSeconds": 1,
        "BackoffRate": 2.0,
        "MaxAttempts": attempts,
        "MaxDelaySeconds": limit_seconds,
        "JitterStrategy": "FULL",
    }
