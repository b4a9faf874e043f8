"""The expected duration of a run, learned from finished runs."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from agent.harness.journal.attributes import encode, text_of
from agent.harness.schema import EXPECTATION_KEY, EXPECTED_SECONDS, FINISHED_RUNS, LAST_DURATIONS

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

# Weight of one finished run: the last three runs make up two thirds of the expected duration.
_LEARNING_RATE = 0.3
# Enough to show where durations are dense, and few enough to follow a change (benchmarks/watching).
_MOST_DURATIONS = 32
# AgentCore ends every session after 8 hours.
_LONGEST_SECONDS = 8 * 3_600


@dataclass(frozen=True, kw_only=True)
class Expectation:
    """The expected duration of a run, from finished runs.

    Attributes:
        seconds: The expected duration.
        last_durations: Those of the last runs, in seconds, the oldest first.
    """

    seconds: float
    last_durations: tuple[float, ...]

    def ends(self, begun_at: float) -> str:
        """Return when a run would end that took as long as each of the last runs, in order.

        Args:
            begun_at: When the run has begun, in epoch seconds.

        Returns:
            Epoch seconds, separated by blanks. They are rounded up, so that a read at that time finds the end.
        """
        return " ".join(str(math.ceil(begun_at + seconds)) for seconds in sorted(self.last_durations))


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

    def load(self) -> Expectation | None:
        """Return the expected duration; None before the first run has finished.

        Other runs write this item. What is no positive number of seconds does not count.
        """
        item = self._client.get_item(TableName=self._table, Key=EXPECTATION_KEY).get("Item", {})
        last_durations = _durations(text_of(item, LAST_DURATIONS))
        expected = _durations(text_of(item, EXPECTED_SECONDS))
        return Expectation(seconds=expected[0], last_durations=last_durations) if expected else None

    def learn(self, seconds: float) -> None:
        """Move the expected duration towards that of a finished run.

        If two runs finish at once, one of them may not count; that does no harm.
        """
        before = self.load() or Expectation(seconds=seconds, last_durations=())
        after = before.seconds + _LEARNING_RATE * (seconds - before.seconds)
        last_durations = (*before.last_durations, seconds)[-_MOST_DURATIONS:]
        self._client.update_item(
            TableName=self._table,
            Key=EXPECTATION_KEY,
            UpdateExpression=f"SET {EXPECTED_SECONDS} = :seconds, {LAST_DURATIONS} = :last ADD {FINISHED_RUNS} :one",
            ExpressionAttributeValues={
                ":seconds": encode(round(after, 3)),
                ":last": encode(" ".join(str(round(duration, 1)) for duration in last_durations)),
                ":one": {"N": "1"},
            },
        )


def _durations(text: str | None) -> tuple[float, ...]:
    """Return the positive numbers of seconds of a text, up to the longest session."""
    try:
        numbers = [float(number) for number in (text or "").split()]
    except ValueError:
        return ()
    return tuple(number for number in numbers if 0 < number < _LONGEST_SECONDS)
