"""An account in moto with the journal, the bus and the bucket of one stack, for tests of what operators use."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from moto import mock_aws

from agent.harness import schema
from agent.harness.journal.attributes import encode
from agent.harness.schema import Attribute, Status
from runs.journal.reading import Journal
from runs.place.place import Place, Stack

REGION, ACCOUNT = "eu-west-1", "123456789012"
NOW = datetime(2026, 11, 28, 8, 0, tzinfo=UTC)
OUTPUTS = {
    "event_bus_name": "agent-runs-dev-events",
    "journal_table_name": "agent-runs-dev-journal",
    "report_bucket_name": "agent-runs-dev-reports",
    "state_machine_arn": f"arn:aws:states:{REGION}:{ACCOUNT}:stateMachine:agent-runs-dev-workflow",
    "schedule_group_name": "agent-runs-dev-schedules",
    "schedules": {"weekly": "agent-runs-dev-weekly"},
}


class StackAccount:
    """What a stack has in the account.

    Attributes:
        place: The place of its agent.
        journal: Reads its journal.
    """

    def __init__(self, place: Place) -> None:
        self.place = place
        self.journal = Journal(place)
        keys = ("PK", "SK", schema.RUNS_INDEX_PARTITION_KEY, schema.RUNS_INDEX_SORT_KEY)
        place.client("dynamodb").create_table(
            TableName=OUTPUTS["journal_table_name"],
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in keys],
            KeySchema=[{"AttributeName": "PK", "KeyType": "HASH"}, {"AttributeName": "SK", "KeyType": "RANGE"}],
            GlobalSecondaryIndexes=[
                {
                    "IndexName": schema.RUNS_INDEX,
                    "KeySchema": [
                        {"AttributeName": schema.RUNS_INDEX_PARTITION_KEY, "KeyType": "HASH"},
                        {"AttributeName": schema.RUNS_INDEX_SORT_KEY, "KeyType": "RANGE"},
                    ],
                    "Projection": {"ProjectionType": "ALL"},
                }
            ],
        )
        place.client("events").create_event_bus(Name=OUTPUTS["event_bus_name"])

    def add_run(self, session_id: str, *, minutes_ago: float = 0, **attributes: Any) -> str:
        """Put a run into the journal, and return its id."""
        requested_at = (NOW - timedelta(minutes=minutes_ago)).strftime("%Y-%m-%dT%H:%M:%SZ")
        item = {
            schema.PARTITION_KEY: session_id,
            schema.SORT_KEY: schema.RUN_SORT_KEY,
            Attribute.KIND.value: schema.RUN_KIND,
            Attribute.STATUS.value: Status.COMPLETED.value,
            Attribute.ATTEMPT.value: 1,
            Attribute.REQUESTED_AT.value: requested_at,
            Attribute.REQUESTED_BY.value: "schedule weekly",
            Attribute.PROMPT.value: "Analyse the account.",
        } | attributes
        self._put(item)
        return session_id

    def add_step(self, session_id: str, attempt: int, number: int, **attributes: Any) -> None:
        """Put a step of a run into the journal."""
        sort_key = schema.step_sort_key(attempt, number)
        self._put({schema.PARTITION_KEY: session_id, schema.SORT_KEY: sort_key} | attributes)

    def _put(self, item: Mapping[str, Any]) -> None:
        self.place.client("dynamodb").put_item(
            TableName=OUTPUTS["journal_table_name"],
            Item={name: encode(value) for name, value in item.items() if value is not None},
        )


@pytest.fixture
def account(monkeypatch: pytest.MonkeyPatch) -> Iterator[StackAccount]:
    """Return the account of a deployed stack that has no run yet."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    with mock_aws():
        stack = Stack(name="dev", outputs={"agents": {"analyst": OUTPUTS}}, environment={})
        yield StackAccount(Place(stack))
