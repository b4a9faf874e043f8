"""What all components of one agent's pipeline share: account and region, names, tags, retention and key."""

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
    """What the resources of one agent's pipeline have in common.

    Attributes:
        names: Physical names of the pipeline's resources.
        account_id: The account of the deployment.
        region: The region of the deployment.
        partition: The partition of account and region, usually "aws".
        tags: Tags of every resource that supports tags.
        log_retention_days: Retention of every log group.
        protect: Whether resources with data are protected against deletion.
        permissions_boundary: ARN of the permissions boundary of every role; None if they have none.
        key_arn: The customer-managed key that encrypts stored data; None for the keys that AWS owns.
    """

    names: Names
    account_id: pulumi.Output[str]
    region: pulumi.Output[str]
    partition: pulumi.Output[str]
    tags: Mapping[str, str]
    log_retention_days: int
    protect: bool
    permissions_boundary: str | None = None
    key_arn: pulumi.Output[str] | None = None

    @classmethod
    def current(cls, names: Names, settings: Settings, *, parent: pulumi.Resource) -> StackContext:
        """Return the context of the current deployment, in the account and region of the parent's provider."""
        options = pulumi.InvokeOutputOptions(parent=parent)
        return cls(
            names=names,
            account_id=aws.get_caller_identity_output(opts=options).account_id,
            region=aws.get_region_output(opts=options).region,
            partition=aws.get_partition_output(opts=options).partition,
            tags=settings.tags,
            log_retention_days=settings.log_retention_days,
            protect=settings.protect,
            permissions_boundary=settings.permissions_boundary,
        )

    def arn(self, service: str, resource: pulumi.Input[str]) -> pulumi.Output[str]:
        """Return the ARN of a resource in the stack's account and region."""
        return pulumi.Output.concat(
            "arn:", self.partition, ":", service, ":", self.region, ":", self.account_id, ":", resource
        )

    def use_key(self, sid: str, service: str) -> Sequence[Grant]:
        """Return the permission to use the stack's key through a service; nothing without a key.

        The service uses the key on behalf of the role. The role cannot use the key directly.

        Args:
            sid: Id of the statement, which names the encrypted data.
            service: The service's name in its endpoint, such as "dynamodb".
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
