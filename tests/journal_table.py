"""The journal's table in moto, with the writes of the workflow (components/workflow/definitions) in Python."""

import copy
import json
import uuid
from collections.abc import Iterator
from typing import Any, ClassVar

import boto3
import pytest
from boto3.dynamodb.types import TypeDeserializer
from botocore.exceptions import ClientError
from moto import mock_aws
from moto.backends import get_backend
from moto.core import DEFAULT_ACCOUNT_ID
from moto.dynamodb.models.dynamo_type import DynamoType, Item

from agent.harness import schema
from agent.harness.journal.attributes import encode
from agent.harness.journal.expected_duration import ExpectedDuration
from agent.harness.journal.journal import Journal

SESSION = "0b5e2f3a-1111-4222-8333-444455556666"


class JournalTable:
    """A new table for each test. Items are returned as plain values."""

    def __init__(self, client: Any) -> None:
        self.client = client
        self.name = f"journal-{uuid.uuid4()}"
        self.client.create_table(
            TableName=self.name,
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in ("PK", "SK")],
            KeySchema=[{"AttributeName": "PK", "KeyType": "HASH"}, {"AttributeName": "SK", "KeyType": "RANGE"}],
        )

    def journal(self, *, attempt: int = 1, owner: str = "me", clock: Any = None) -> Journal:
        return Journal(
            self.client,
            self.name,
            session_id=SESSION,
            attempt=attempt,
            owner=owner,
            **({"clock": clock} if clock else {}),
        )

    def expected_duration(self) -> ExpectedDuration:
        return ExpectedDuration(self.client, self.name)

    def run(self, session_id: str = SESSION, *, native: bool = False) -> dict[str, Any]:
        """Return the run's item, read without the API: that is fast, so tests can read it often."""
        item = self.stored({"PK": {"S": session_id}, "SK": {"S": schema.RUN_SORT_KEY}})
        attributes = item.to_json()["Attributes"] if item else {}
        if native:
            return copy.deepcopy(attributes)
        decode = TypeDeserializer().deserialize
        return {name: decode(value) for name, value in attributes.items()}

    def stored(self, key: dict[str, Any]) -> Item | None:
        """Return moto's own item, without the API."""
        return self._backend().get_item(DynamoType(key["PK"]), DynamoType(key["SK"]))

    def store(self, key: dict[str, Any], item: Item | None) -> None:
        """Replace moto's own item, without the API."""
        items = self._backend().items[DynamoType(key["PK"])]
        if item is None:
            items.pop(DynamoType(key["SK"]), None)
        else:
            items[DynamoType(key["SK"])] = item

    def clear(self) -> None:
        """Delete all items, without the API."""
        self._backend().items.clear()

    def steps(self) -> list[dict[str, Any]]:
        items = self.client.query(
            TableName=self.name,
            KeyConditionExpression="PK = :pk AND begins_with(SK, :prefix)",
            ExpressionAttributeValues={":pk": {"S": SESSION}, ":prefix": {"S": schema.STEP_SORT_KEY_PREFIX}},
        )["Items"]
        return [{name: TypeDeserializer().deserialize(value) for name, value in item.items()} for item in items]

    def claim(self, **fields: Any) -> None:
        item = {
            schema.PARTITION_KEY: SESSION,
            schema.SORT_KEY: schema.RUN_SORT_KEY,
            "status": "PENDING",
            "attempt": 1,
        } | fields
        self.client.put_item(TableName=self.name, Item={name: encode(value) for name, value in item.items()})

    def take_over(self) -> None:
        self._set("attempt = attempt + :one, #status = :pending", {":one": {"N": "1"}, ":pending": {"S": "PENDING"}})

    def request_cancellation(self) -> None:
        self._set("cancel_requested_at = :one", {":one": {"N": "1"}})

    def end(self, status: str) -> None:
        self._set("#status = :status", {":status": {"S": status}})

    def _backend(self) -> Any:
        return get_backend("dynamodb")[DEFAULT_ACCOUNT_ID]["eu-west-1"].tables[self.name]

    def _set(self, update: str, values: dict[str, Any]) -> None:
        self.client.update_item(
            TableName=self.name,
            Key={"PK": {"S": SESSION}, "SK": {"S": schema.RUN_SORT_KEY}},
            UpdateExpression=f"SET {update}",
            ExpressionAttributeValues=values,
            **({"ExpressionAttributeNames": {"#status": "status"}} if "#status" in update else {}),
        )


class RemembersUpdates:
    """A client that makes an update of the same item with the same arguments only once, and then repeats its result.

    A model's examples repeat most of their updates, and moto needs 10 ms to interpret the expressions of one.

    Args:
        table: The table, which has no streams and no indexes.
    """

    _results: ClassVar[dict[str, tuple[Item | None, dict[str, Any] | ClientError]]] = {}

    def __init__(self, table: JournalTable) -> None:
        self._table = table
        self.exceptions = table.client.exceptions
        self.get_item = table.client.get_item

    def update_item(self, *, TableName: str, Key: dict[str, Any], **arguments: Any) -> Any:  # noqa: N803
        before = self._table.stored(Key)
        known = json.dumps([Key, arguments, before and before.to_json()], sort_keys=True)
        if known not in self._results:
            self._table.store(Key, copy.deepcopy(before))  # moto changes it, and `before` is remembered
            try:
                result = self._table.client.update_item(TableName=TableName, Key=Key, **arguments)
            except ClientError as error:
                result = error
            self._results[known] = self._table.stored(Key), result
        after, result = self._results[known]
        self._table.store(Key, after)
        if isinstance(result, ClientError):
            raise type(result)(result.response, result.operation_name)
        return copy.deepcopy(result)


class LosesTheResponse:
    """A client that repeats each update, as if the first response was lost."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self.exceptions = client.exceptions

    def update_item(self, **arguments: Any) -> Any:
        self._client.update_item(**arguments)
        return self._client.update_item(**arguments)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)


class Unreachable:
    """A client whose calls fail as long as `broken` is true."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self.exceptions = client.exceptions
        self.broken = True

    def __getattr__(self, name: str) -> Any:
        if self.broken:
            raise ClientError({"Error": {"Code": "InternalServerError", "Message": "down"}}, name)
        return getattr(self._client, name)


@pytest.fixture(scope="module")
def dynamodb() -> Iterator[Any]:
    """Return one client for all tests of a module: creating it takes ten times as long as a test."""
    with mock_aws():
        yield boto3.client("dynamodb", region_name="eu-west-1", aws_access_key_id="test", aws_secret_access_key="test")


@pytest.fixture
def table(dynamodb: Any) -> JournalTable:
    return JournalTable(dynamodb)
