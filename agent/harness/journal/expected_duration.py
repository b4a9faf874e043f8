"""The expected duration of a run, learned from finished runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agent.harness.journal.attributes import encode
from agent.harness.schema import EXPECTATION_KEY, EXPECTED_SECONDS, FINISHED_RUNS

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

# Weight of one finished run: the last three runs make up two thirds of the expected duration.
_LEARNING_RATE = 0.3
# AgentCore ends every session after 8 hours.
_LONGEST_SECONDS = 8 * 3_600


class ExpectedDuration:
    """The item that holds the expected duration, one for all runs of the table.

    Errors of botocore pass through.

    Args:
        client: A DynamoDB client.
        table: Name of the table.
    """

    def __init__(self, client: DynamoDBClient, table: str) -> None:
        self._client = client
        self._table = table

    def load(self) -> float | None:
        """Return the expected duration in seconds; None before the first run has finished.

        Other runs write this item. A value that is no positive number of seconds counts as none.
        """
        item = self._client.get_item(TableName=self._table, Key=EXPECTATION_KEY).get("Item", {})
        try:
            seconds = float(item[EXPECTED_SECONDS]["N"])
        except KeyError:
            return None
        return seconds if 0 < seconds < _LONGEST_SECONDS else None

    def learn(self, seconds: float) -> None:
        """Move the expected duration towards that of a finished run.

        If two runs finish at once, one of them may not count; that does no harm.
        """
        before = self.load()
        after = seconds if before is None else before + _LEARNING_RATE * (seconds - before)
        self._client.update_item(
            TableName=self._table,
            Key=EXPECTATION_KEY,
            UpdateExpression=f"SET {EXPECTED_SECONDS} = :seconds ADD {FINISHED_RUNS} :one",
            ExpressionAttributeValues={":seconds": encode(round(after, 3)), ":one": {"N": "1"}},
        )
