"""JournalTable: the DynamoDB table of runs and their steps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from agent.harness import schema
from components.context import StackContext
from components.permissions import Grant


@dataclass(frozen=True, kw_only=True)
class JournalTableArgs:
    """Inputs of the table.

    Attributes:
        context: What the stack's resources share: names, tags, encryption key.
    """

    context: StackContext


class JournalTable(pulumi.ComponentResource):
    """The journal of all runs.

    Attributes:
        name: The table's name.
        arn: The table's ARN.
    """

    name: pulumi.Output[str]
    arn: pulumi.Output[str]

    def __init__(self, name: str, args: JournalTableArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("agent-runs:index:JournalTable", name, None, opts)
        context = args.context
        keys = (schema.PARTITION_KEY, schema.SORT_KEY, schema.RUNS_INDEX_PARTITION_KEY, schema.RUNS_INDEX_SORT_KEY)
        table = aws.dynamodb.Table(
            name,
            name=context.names.of("journal"),
            billing_mode="PAY_PER_REQUEST",
            hash_key=schema.PARTITION_KEY,
            range_key=schema.SORT_KEY,
            attributes=[aws.dynamodb.TableAttributeArgs(name=key, type="S") for key in keys],
            global_secondary_indexes=[
                aws.dynamodb.TableGlobalSecondaryIndexArgs(
                    name=schema.RUNS_INDEX,
                    key_schemas=[
                        aws.dynamodb.TableGlobalSecondaryIndexKeySchemaArgs(
                            attribute_name=schema.RUNS_INDEX_PARTITION_KEY, key_type="HASH"
                        ),
                        aws.dynamodb.TableGlobalSecondaryIndexKeySchemaArgs(
                            attribute_name=schema.RUNS_INDEX_SORT_KEY, key_type="RANGE"
                        ),
                    ],
                    projection_type="ALL",
                )
            ],
            ttl=aws.dynamodb.TableTtlArgs(attribute_name=schema.TTL_ATTRIBUTE, enabled=True),
            point_in_time_recovery=aws.dynamodb.TablePointInTimeRecoveryArgs(enabled=context.protect),
            deletion_protection_enabled=context.protect,
            # Without this argument DynamoDB encrypts with its own key.
            server_side_encryption=(
                aws.dynamodb.TableServerSideEncryptionArgs(enabled=True, kms_key_arn=context.key_arn)
                if context.key_arn
                else None
            ),
            tags=context.tags,
            opts=pulumi.ResourceOptions(parent=self, protect=context.protect),
        )
        self._key_use = context.use_key("UseKeyOfJournal", "dynamodb")
        self.name = table.name
        self.arn = table.arn
        self.register_outputs({"name": self.name, "arn": self.arn})

    def read_and_write(self) -> Sequence[Grant]:
        """Return the agent's permission to read and write runs, but not the items by which the workflow limits them."""
        return [
            Grant(
                sid="KeepJournal",
                actions=["dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem"],
                resources=[self.arn],
                conditions={"ForAllValues:StringNotLike": {"dynamodb:LeadingKeys": f"{schema.LIMIT_PREFIX}*"}},
            ),
            *self._key_use,
        ]

    def watch(self) -> Sequence[Grant]:
        """Return the workflow's permission to claim, watch and end runs."""
        return [
            Grant(sid="WatchJournal", actions=["dynamodb:GetItem", "dynamodb:UpdateItem"], resources=[self.arn]),
            *self._key_use,
        ]

    def settle(self) -> Sequence[Grant]:
        """Return the permission to read a run with its steps, and to write what it cost."""
        return [
            Grant(sid="SettleRun", actions=["dynamodb:Query", "dynamodb:UpdateItem"], resources=[self.arn]),
            *self._key_use,
        ]

    def mark(self) -> Sequence[Grant]:
        """Return the permission to mark a run for cancellation."""
        return [Grant(sid="MarkJournal", actions=["dynamodb:UpdateItem"], resources=[self.arn]), *self._key_use]

    def search(self) -> Sequence[Grant]:
        """Return the permission to search runs by time."""
        index = pulumi.Output.concat(self.arn, "/index/", schema.RUNS_INDEX)
        return [Grant(sid="SearchJournal", actions=["dynamodb:Query"], resources=[index]), *self._key_use]
