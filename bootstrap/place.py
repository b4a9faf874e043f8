"""Where the bootstrap is deployed, and how what it makes is named."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

PROJECT = "agent-runs"
"""The project whose stacks are deployed, and whose resources' names begin so."""


@dataclass(frozen=True, kw_only=True)
class Place:
    """An account and a region.

    Attributes:
        account_id: The account.
        region: The region.
        partition: The partition of both, "aws" for most.
    """

    account_id: pulumi.Output[str]
    region: pulumi.Output[str]
    partition: pulumi.Output[str]

    @classmethod
    def current(cls) -> Place:
        """The account and region of the default provider."""
        return cls(
            account_id=aws.get_caller_identity_output().account_id,
            region=aws.get_region_output().region,
            partition=aws.get_partition_output().partition,
        )

    def arn(self, service: str, resource: str, *, region: bool = True, account: bool = True) -> pulumi.Output[str]:
        """An ARN in this account and region; without them for services that have no such thing in theirs."""
        return pulumi.Output.concat(
            "arn:",
            self.partition,
            f":{service}:",
            self.region if region else "",
            ":",
            self.account_id if account else "",
            f":{resource}",
        )
