"""Writes to a run's item that succeed only while the run belongs to the writing attempt."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from agent.harness.journal.attributes import encode, text_of
from agent.harness.schema import PARTITION_KEY, RUN_SORT_KEY, SORT_KEY, Attribute, Status

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

# Errors of an unreachable journal. A refused write raises a FencedError instead.
UNREACHABLE = (BotoCoreError, ClientError)


class FencedError(Exception):
    """The run no longer belongs to this attempt, or has ended: this attempt must have no further effect.

    Attributes:
        current: The run's item when the write was refused, in DynamoDB's format; empty if there is none.
    """

    def __init__(self, message: str, current: Mapping[str, Any]) -> None:
        super().__init__(message)
        self.current = current


class FencedItem:
    """A run's item, as one attempt may change it.

    Args:
        client: A DynamoDB client.
        table: Name of the table.
        session_id: The run's key.
        attempt: The fencing token.
    """

    def __init__(self, client: DynamoDBClient, table: str, *, session_id: str, attempt: int) -> None:
        self._client = client
        self._table = table
        self._session_id = session_id
        self._attempt = attempt

    def update(
        self,
        fields: Mapping[str, Any],
        *,
        condition: str = "#status = :busy",
        names: Mapping[str, str] | None = None,
        values: Mapping[str, Any] | None = None,
    ) -> Mapping[str, Any]:
        """Set attributes of the item if it carries this attempt and fulfils a condition.

        Args:
            fields: The attributes and their new values.
            condition: An expression. `#status` is known; `:busy` is known if no values are given.
            names: Further names in the condition.
            values: The values in the condition.

        Returns:
            The whole item after the update, in DynamoDB's format.

        Raises:
            FencedError: The item carries another attempt, or the condition is false.
        """
        condition_values = {":busy": Status.BUSY} if values is None else values
        try:
            return self._client.update_item(
                TableName=self._table,
                Key={PARTITION_KEY: {"S": self._session_id}, SORT_KEY: {"S": RUN_SORT_KEY}},
                UpdateExpression="SET " + ", ".join(f"#set_{name} = :set_{name}" for name in fields),
                ConditionExpression=f"{Attribute.ATTEMPT} = :attempt AND ({condition})",
                ExpressionAttributeNames={
                    "#status": Attribute.STATUS,
                    **(names or {}),
                    **{f"#set_{name}": name for name in fields},
                },
                ExpressionAttributeValues={
                    ":attempt": encode(self._attempt),
                    **{name: encode(value) for name, value in condition_values.items()},
                    **{f":set_{name}": encode(value) for name, value in fields.items()},
                },
                ReturnValues="ALL_NEW",
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )["Attributes"]
        except self._client.exceptions.ConditionalCheckFailedException as refusal:
            # botocore puts the item next to the error.
            current: Mapping[str, Any] = refusal.response.get("Item", {})  # type: ignore[assignment]
            attempt, status = text_of(current, Attribute.ATTEMPT), text_of(current, Attribute.STATUS)
            found = f"attempt {attempt}, {status}" if current else "no run"
            raise FencedError(
                f"Attempt {self._attempt} no longer owns run {self._session_id}: the journal holds {found}", current
            ) from None

    def is_own(self, item: Mapping[str, Any], status: Status) -> bool:
        """Return whether an item in DynamoDB's format carries this attempt and a status."""
        return text_of(item, Attribute.ATTEMPT) == str(self._attempt) and text_of(item, Attribute.STATUS) == status
