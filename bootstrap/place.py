"""The account and region of the bootstrap, and the name of the project whose stacks it prepares."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

STACKS_PROJECT = "agent-runs"
"""The project of the stacks; the names of their resources begin with it."""


@dataclass(frozen=True, kw_only=True)
class Place:
    """An account and a region.

    Attributes:
        account_id: The account.
        region: The region.
        partition: The partition of both, usually "aws".
    """

    account_id: pulumi.Output[str]
    region: pulumi.Output[str]
    partition: pulumi.Output[str]

    @classmethod
    def current(cls) -> Place:
        """Return the account and region of the default provider."""
        return cls(
            account_id=aws.get_caller_identity_output().account_id,
            region=aws.get_region_output().region,
            partition=aws.get_partition_output().partition,
        )

    def arn(self, service: str, resource: str, *, region: bool = True, account: bool = True) -> pulumi.Output[str]:
        """Return an ARN in this account and region, or without them for services whose ARNs have none."""
        return pulumi.Output.concat(
            "arn:",
            self.partition,
            f":{service}:",
            self.region if region else "",
            ":",
            self.account_id if account else "",
            f":{resource}",
        )
