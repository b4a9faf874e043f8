"""What every component of a stack shares: where it is deployed, under which names, and how what it writes is kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.naming import Names
from components.settings import Settings


@dataclass(frozen=True, kw_only=True)
class StackContext:
    """The place of one stack.

    Attributes:
        names: Physical names of the stack's resources.
        account_id: The account that is deployed into.
        region: The region that is deployed into.
        partition: The partition of both, "aws" for most.
        tags: For every resource that takes tags.
        log_retention_days: For every log group.
        protect: Whether to guard what holds data against deletion.
    """

    names: Names
    account_id: pulumi.Output[str]
    region: pulumi.Output[str]
    partition: pulumi.Output[str]
    tags: Mapping[str, str]
    log_retention_days: int
    protect: bool

    @classmethod
    def current(cls, names: Names, settings: Settings) -> StackContext:
        """The context of the stack that is being deployed, in the account and region of the default provider."""
        return cls(
            names=names,
            account_id=aws.get_caller_identity_output().account_id,
            region=aws.get_region_output().region,
            partition=aws.get_partition_output().partition,
            tags=settings.tags,
            log_retention_days=settings.log_retention_days,
            protect=settings.protect,
        )

    def arn(self, service: str, resource: pulumi.Input[str]) -> pulumi.Output[str]:
        """The ARN of a resource in the stack's account and region."""
        return pulumi.Output.concat(
            "arn:", self.partition, ":", service, ":", self.region, ":", self.account_id, ":", resource
        )
