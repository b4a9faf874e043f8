"""An account in moto with the journal, the bus and the bucket of one stack, for tests of what operators use."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from boto3.dynamodb.types import TypeSerializer
from botocore.awsrequest import AWSResponse
from moto import mock_aws
from moto.backends import get_backend

from agent.harness import schema
from agent.harness.schema import Attribute, Status
from runs.journal.reading import Journal
from runs.place.place import Place, Stack

REGION, ACCOUNT = "eu-west-1", "123456789012"
NOW = datetime(2026, 11, 28, 8, 0, tzinfo=UTC)
OUTPUTS: dict[str, Any] = {
    "event_bus_name": "agent-runs-dev-events",
    "journal_table_name": "agent-runs-dev-journal",
    "report_bucket_name": "agent-runs-dev-reports",
    "state_machine_arn": f"arn:aws:states:{REGION}:{ACCOUNT}:stateMachine:agent-runs-dev-workflow",
    "schedule_group_name": "agent-runs-dev-schedules",
    "schedules": {"weekly": "agent-runs-dev-weekly"},
    "agent_runtime_id": "agent_runs_dev-0123456789",
    "log_group_names": {
        "agent": "/aws/bedrock-agentcore/runtimes/agent_runs_dev-0123456789-DEFAULT",
        "start": "/aws/lambda/agent-runs-dev-start",
        "stop": "/aws/lambda/agent-runs-dev-stop",
    },
    "max_attempts": 3,
}
# All tests of a process have the same clients: creating them takes longer than most tests.
_PLACE = Place(Stack(name="dev", outputs={"agents": {"analyst": OUTPUTS}}, environment={}))
# What ends each listener of the test that is running.
_listeners: list[Callable[[], None]] = []


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
        self._events: list[dict[str, Any]] = []
        listen(place, "events", "provide-client-params.eventbridge.PutEvents", self._record)
        place.client("s3").create_bucket(
            Bucket=OUTPUTS["report_bucket_name"], CreateBucketConfiguration={"LocationConstraint": REGION}
        )
        logs = get_backend("logs")[ACCOUNT][REGION]  # six requests would take as long as most tests
        for group in OUTPUTS["log_group_names"].values():
            logs.create_log_group(group, tags={})
            logs.create_log_stream(group, "all")

    def events(self) -> list[dict[str, Any]]:
        """Return the entries that were put on the bus, with their detail as an object."""
        return [entry | {"Detail": json.loads(entry["Detail"])} for entry in self._events]

    def _record(self, params: Mapping[str, Any], **_: Any) -> None:
        self._events += params["Entries"]

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

    def add_report(self, session_id: str, files: Mapping[str, bytes]) -> dict[str, str]:
        """Put the files of a report into the bucket, and return the attributes of a run whose report is the first."""
        folder = f"reports/{session_id}/attempt-1"
        for name, body in files.items():
            self.place.client("s3").put_object(Bucket=OUTPUTS["report_bucket_name"], Key=f"{folder}/{name}", Body=body)
        name, body = next(iter(files.items()))
        return {
            "report_uri": f"s3://{OUTPUTS['report_bucket_name']}/{folder}/{name}",
            "report_sha256": hashlib.sha256(body).hexdigest(),
        }

    def log(self, source: str, message: str, *, seconds_ago: float) -> None:
        """Put a line into the log group of the agent or of a function."""
        self.place.client("logs").put_log_events(
            logGroupName=OUTPUTS["log_group_names"][source],
            logStreamName="all",
            logEvents=[{"timestamp": int((NOW.timestamp() - seconds_ago) * 1000), "message": message}],
        )

    def _put(self, item: Mapping[str, Any]) -> None:
        self.place.client("dynamodb").put_item(
            TableName=OUTPUTS["journal_table_name"],
            # Texts as they are: a session with code execution does not make hidden characters visible.
            Item={name: _serialized(value) for name, value in item.items() if value is not None},
        )


@pytest.fixture
def account(monkeypatch: pytest.MonkeyPatch) -> Iterator[StackAccount]:
    """Return the account of a deployed stack that has no run yet."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    with mock_aws():
        yield StackAccount(_PLACE)
    while _listeners:
        _listeners.pop()()


def _serialized(value: Any) -> dict[str, Any]:
    """Return a value as DynamoDB has it, with its hidden characters: a session can write any item."""
    plain = json.loads(json.dumps(value, default=float), parse_float=Decimal)
    serialized: dict[str, Any] = TypeSerializer().serialize(plain)
    return serialized


def listen(place: Place, service: str, event: str, listener: Callable[..., Any], *, name: str | None = None) -> None:
    """Call a function at an event of a client, until the test ends or another listener has its name."""
    events = place.client(service).meta.events
    if name:
        events.unregister(event, unique_id=name)
    events.register(event, listener, unique_id=name)
    _listeners.append(lambda: events.unregister(event, listener, unique_id=name))


def answer(place: Place, service: str, **answers: Any) -> None:
    """Let operations of a service that moto does not have return fixed answers, or raise an error.

    Args:
        place: The place whose client answers.
        service: The service.
        answers: By method: the response, a function of the request, or an exception.
    """
    client = place.client(service)
    for method, value in answers.items():
        operation = client.meta.method_to_api_mapping[method]
        model = client.meta.service_model.operation_model(operation)

        def respond(params: Mapping[str, Any], value: Any = value, **_: Any) -> Any:
            if isinstance(value, Exception):
                raise value
            return _HTTP_OK, value(params) if callable(value) else value

        assert (
            model.output_shape is None
            or callable(value)
            or isinstance(value, Exception)
            or (set(value) <= set(model.output_shape.members))
        ), f"{operation} has no such members"
        event = f"before-call.{model.service_model.service_id.hyphenize()}.{operation}"
        listen(place, service, event, respond, name=event)


_HTTP_OK = AWSResponse("https://aws.test", 200, {}, None)


def history(place: Place, states: Sequence[tuple[float, str]]) -> None:
    """Let each execution have a history that entered states, each so many seconds before NOW."""
    events = [
        {
            "id": number,
            "type": "TaskStateEntered",
            "timestamp": NOW - timedelta(seconds=ago),
            "stateEnteredEventDetails": {"name": name},
        }
        for number, (ago, name) in enumerate(states, 1)
    ]

    def respond(request: Mapping[str, Any]) -> Mapping[str, Any]:
        return {"events": events[::-1] if json.loads(request["body"]).get("reverseOrder") else events}

    answer(place, "stepfunctions", get_execution_history=respond)
