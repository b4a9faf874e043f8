"""Building blocks that the state machines share: writes to a run's item, retries and waits."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from agent.harness.schema import PARTITION_KEY, RUN_SORT_KEY, SORT_KEY, Attribute, ScheduleAttribute, Status
from components.settings.budgets import Budgets

State = dict[str, Any]
AttributeValue = Mapping[str, str]
"""A value in DynamoDB's attribute format, such as `{"S": "text"}`."""

# How long the tasks that invoke a function wait for it: longer than its timeout (components/runtime/sessions.py).
START_TASK_SECONDS = 155
STOP_TASK_SECONDS = 75

NOW = "$millis() / 1000"
# What a Catch reads of an error, as expressions that always are a text. Some errors have no cause.
CAUGHT_ERROR = "($type($states.errorOutput.Error) = 'string' ? $states.errorOutput.Error : 'Unknown')"
CAUGHT_CAUSE = (
    "($type($states.errorOutput.Cause) = 'string' ? $substring($states.errorOutput.Cause, 0, 500) : 'no cause')"
)
CONDITION_FAILED = "DynamoDB.ConditionalCheckFailedException"

# Conditions on the status of a run's item. `IS_LIVE` compares with `LIVE_STATUSES`.
NOT_CLAIMED = f"attribute_not_exists(#{Attribute.STATUS})"
IS_LIVE = f"#{Attribute.STATUS} IN (:pending, :busy)"
LIVE_STATUSES: Mapping[str, AttributeValue] = {"pending": {"S": Status.PENDING}, "busy": {"S": Status.BUSY}}


def run_key(session_id: str) -> dict[str, AttributeValue]:
    """Return the key of a run's item.

    Args:
        session_id: An expression, without its `{% %}`.
    """
    return {PARTITION_KEY: {"S": f"{{% {session_id} %}}"}, SORT_KEY: {"S": RUN_SORT_KEY}}


def read_item(table_name: str, key: Mapping[str, AttributeValue], names: Sequence[str]) -> State:
    """Return a state that reads attributes of an item; the caller adds `Assign` and `Next`.

    Args:
        table_name: The journal.
        key: The item's key.
        names: The attributes to read.
    """
    return {
        "Type": "Task",
        "Resource": "arn:aws:states:::dynamodb:getItem",
        "TimeoutSeconds": 30,
        "Arguments": {
            "TableName": table_name,
            "Key": dict(key),
            "ConsistentRead": True,
            "ProjectionExpression": ", ".join(f"#{name}" for name in names),
            "ExpressionAttributeNames": {f"#{name}": name for name in names},
        },
        "Retry": journal_retry(),
    }


def update_run(
    table_name: str,
    session_id: str,
    fields: Mapping[Attribute, AttributeValue],
    *,
    condition: str,
    values: Mapping[str, AttributeValue] | None = None,
    keep: bool = False,
) -> State:
    """Return a state that updates a run's item, as `update_item` does.

    Args:
        table_name: The journal.
        session_id: An expression, without its `{% %}`.
        fields: What to set.
        condition: As in `update_item`.
        values: As in `update_item`.
        keep: As in `update_item`.
    """
    return update_item(table_name, run_key(session_id), fields, condition=condition, values=values, keep=keep)


def update_item(
    table_name: str,
    key: Mapping[str, AttributeValue],
    fields: Mapping[Attribute, AttributeValue] | Mapping[ScheduleAttribute, AttributeValue],
    *,
    condition: str,
    values: Mapping[str, AttributeValue] | None = None,
    keep: bool = False,
) -> State:
    """Return a state that updates an item if a condition holds; the caller adds `Next` and `Catch`.

    Args:
        table_name: The journal.
        key: The item's key.
        fields: What to set.
        condition: Refers to attributes as `#name`, and to entries of `fields` and `values` as `:name`.
        values: Further values that the condition compares with.
        keep: Keep the value of an attribute that the item already has.
    """
    names = [*fields, *(name for name in re.findall(r"#(\w+)", condition) if name not in fields)]
    attribute_values = {str(name): field for name, field in fields.items()} | dict(values or {})
    value = "if_not_exists(#{0}, :{0})" if keep else ":{0}"
    return {
        "Type": "Task",
        "Resource": "arn:aws:states:::dynamodb:updateItem",
        "TimeoutSeconds": 30,
        "Arguments": {
            "TableName": table_name,
            "Key": dict(key),
            "UpdateExpression": "SET " + ", ".join(f"#{name} = {value.format(name)}" for name in fields),
            "ConditionExpression": condition,
            "ExpressionAttributeNames": {f"#{name}": name for name in names},
            "ExpressionAttributeValues": {f":{name}": compared for name, compared in attribute_values.items()},
        },
        "Retry": journal_retry(),
    }


def now() -> AttributeValue:
    """Return the current time in epoch seconds, as the journal stores it."""
    return number(NOW)


def number(expression: str) -> AttributeValue:
    """Return the value of an expression as a DynamoDB number, which is sent as text."""
    return {"N": f"{{% $string({expression}) %}}"}


def expires_at(retention_days: int) -> AttributeValue:
    """Return the time from which DynamoDB may delete the item; it ignores times that are not whole seconds."""
    return number(f"$floor({NOW}) + {retention_days * 86_400}")


def wait_seconds(budgets: Budgets, seconds: str) -> str:
    """Return the expression for a wait: within the poll bounds, not beyond the deadline, and at least 1 s.

    Args:
        budgets: Contain the poll bounds.
        seconds: The expression for the wait that is wanted, in seconds.
    """
    return (
        f"$max([1, $min([{budgets.poll_max_seconds}, $deadline_at - {NOW}, "
        f"$max([{budgets.poll_min_seconds}, {seconds}])])])"
    )


def journal_retry() -> list[State]:
    """Return the retries of a journal task: repeat all errors except a failed condition and permanent ones."""
    permanent = [CONDITION_FAILED, "DynamoDB.ResourceNotFoundException", "States.QueryEvaluationError"]
    return [{"ErrorEquals": permanent, "MaxAttempts": 0}, backoff(["States.ALL"], attempts=8, limit_seconds=60)]


def backoff(errors: list[str], *, attempts: int, limit_seconds: int) -> State:
    """Return a retry with full jitter whose interval starts at 1 s and doubles up to a limit."""
    return {
        "ErrorEquals": errors,
        "IntervalSeconds": 1,
        "BackoffRate": 2.0,
        "MaxAttempts": attempts,
        "MaxDelaySeconds": limit_seconds,
        "JitterStrategy": "FULL",
    }
