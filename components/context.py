"""What all components of a pipeline share: where they are deployed, under which names, how what they write is kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.naming import Names
from components.permissions import Grant
from components.settings.model import Settings


@dataclass(frozen=True, kw_only=True)
class StackContext:
    """The place of one agent's pipeline in a stack.

    Attributes:
        names: Physical names of the pipeline's resources.
        account_id: The account that is deployed into.
        region: The region that is deployed into.
        partition: The partition of both, "aws" for most.
        tags: For every resource that takes tags.
        log_retention_days: For every log group.
        protect: Whether to guard what holds data against deletion.
        key_arn: The customer-managed key that encrypts what is stored; None for the keys that AWS owns.
    """

    names: Names
    account_id: pulumi.Output[str]
    region: pulumi.Output[str]
    partition: pulumi.Output[str]
    tags: Mapping[str, str]
    log_retention_days: int
    protect: bool
    key_arn: pulumi.Output[str] | None = None

    @classmethod
    def current(cls, names: Names, settings: Settings, *, parent: pulumi.Resource) -> StackContext:
        """The context of what is being deployed, in the account and region of the parent's provider."""
        options = pulumi.InvokeOutputOptions(parent=parent)
        return cls(
            names=names,
            account_id=aws.get_caller_identity_output(opts=options).account_id,
            region=aws.get_region_output(opts=options).region,
            partition=aws.get_partition_output(opts=options).partition,
            tags=settings.tags,
            log_retention_days=settings.log_retention_days,
            protect=settings.protect,
        )

    def arn(self, service: str, resource: pulumi.Input[str]) -> pulumi.Output[str]:
        """The ARN of a resource in the stack's account and region."""
        return pulumi.Output.concat(
            "arn:", self.partition, ":", service, ":", self.region, ":", self.account_id, ":", resource
        )

    def use_key(self, sid: str, service: str) -> Sequence[Grant]:
        """Return the permission to have a service encrypt and decrypt with the stack's key; nothing without a key.

        The service does it on behalf of the role; the role itself cannot use the key.

        Args:
            sid: What is encrypted.
            service: The service's name in its endpoint, as in "dynamodb".
        """
        if self.key_arn is None:
            return []
        return [
            Grant(
                sid=sid,
                actions=["kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey"],
                resources=[self.key_arn],
                conditions={
                    "StringEquals": {
                        "kms:ViaService": pulumi.Output.concat(service, ".", self.region, ".amazonaws.com")
                    }
                },
            )
        ]
