"""Writes what a run has cost into its item, from its steps in the journal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import boto3
from boto3.dynamodb.types import TypeDeserializer, TypeSerializer
from botocore.config import Config

from agent.harness.schema import PARTITION_KEY, RUN_SORT_KEY, SORT_KEY, STEP_SORT_KEY_PREFIX, Attribute
from costs.ledger import RunCost, cost_of

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


def make_client() -> DynamoDBClient:
    """Return a client that gives up before the function's own timeout."""
    return boto3.client("dynamodb", config=Config(connect_timeout=2, read_timeout=3, retries={"total_max_attempts": 2}))


def settle(dynamodb: DynamoDBClient, table: str, session_id: str, *, looks: int) -> RunCost | None:
    """Write what a run has cost, and return it; None if the run has not ended.

    A second call writes the same, except for the number of polls.

    Args:
        dynamodb: A DynamoDB client.
        table: The table of runs.
        session_id: The run.
        looks: How often the workflow has polled the run.

    Raises:
        botocore.exceptions.ClientError: The journal could not be read or written.
    """
    items = _items(dynamodb, table, session_id)
    run = next((item for item in items if item[SORT_KEY] == RUN_SORT_KEY), {})
    if Attribute.FINISHED_AT not in run:
        return None
    steps = [item for item in items if item[SORT_KEY].startswith(STEP_SORT_KEY_PREFIX)]
    cost = cost_of(run, steps, looks=looks)
    dynamodb.update_item(
        TableName=table,
        Key={PARTITION_KEY: {"S": session_id}, SORT_KEY: {"S": RUN_SORT_KEY}},
        UpdateExpression="SET #cost = :cost",
        ConditionExpression=f"attribute_exists({PARTITION_KEY})",  # DynamoDB may have deleted an expired item since
        ExpressionAttributeNames={"#cost": Attribute.COST},
        ExpressionAttributeValues={":cost": TypeSerializer().serialize(cost.attributes())},
    )
    return cost


def _items(dynamodb: DynamoDBClient, table: str, session_id: str) -> list[dict[str, Any]]:
    """Return the items of a run with Python's values."""
    pages = dynamodb.get_paginator("query").paginate(
        TableName=table,
        ConsistentRead=True,
        KeyConditionExpression=f"{PARTITION_KEY} = :id",
        ExpressionAttributeValues={":id": {"S": session_id}},
    )
    plain = TypeDeserializer().deserialize
    return [{name: plain(value) for name, value in item.items()} for page in pages for item in page["Items"]]
