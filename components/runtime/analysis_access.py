"""The Lambda cost analyst's permissions in the account: it may read what it needs and change nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pulumi
import pulumi_aws as aws

from agent.analyst.variables import ANALYSIS_REGIONS, REFRESH_PRICES
from components.permissions import Grant
from components.settings.model import Settings


def read_estate() -> Sequence[Grant]:
    """Return the permission to read configuration, metrics and logs of Lambda functions in all regions."""
    return [
        Grant(
            sid="ListFunctions",
            actions=["lambda:ListFunctions"],
            resources=["*"],
            reason="A list action has no narrower resource.",
        ),
        Grant(
            sid="ReadFunctions",
            actions=[
                "lambda:GetFunctionConcurrency",
                "lambda:GetFunctionConfiguration",
                "lambda:ListProvisionedConcurrencyConfigs",
                "lambda:ListVersionsByFunction",
            ],
            resources=[_everywhere("lambda", "function:*")],
            reason="The analyst reads every function of the account, in all regions; the actions change nothing.",
        ),
        Grant(
            sid="ReadMetrics",
            actions=["cloudwatch:GetMetricData"],
            resources=["*"],
            reason="CloudWatch has no resources for reading metrics.",
        ),
        Grant(
            sid="ReadLogGroups",
            actions=["logs:DescribeLogGroups"],
            resources=[_everywhere("logs", "log-group:*")],
            reason="A list action has no narrower resource.",
        ),
        Grant(
            sid="ReadFunctionLogs",
            actions=["logs:DescribeLogStreams", "logs:DescribeSubscriptionFilters", "logs:FilterLogEvents"],
            resources=[_everywhere("logs", "log-group:/aws/lambda/*")],
            reason="Each function of the account has its own group, in all regions; only groups of Lambda match.",
        ),
    ]


def read_prices() -> Sequence[Grant]:
    """Return the permission to read the public price list of AWS."""
    return [
        Grant(
            sid="ReadPrices",
            actions=["pricing:GetProducts"],
            resources=["*"],
            reason="The price list has no resources.",
        )
    ]


def analysis_environment(settings: Settings) -> Mapping[str, str]:
    """Return the environment variables of the analyst's own settings."""
    return {
        ANALYSIS_REGIONS: ",".join(settings.analysis_regions),
        REFRESH_PRICES: str(settings.refresh_prices).lower(),
    }


def _everywhere(service: str, resource: str) -> pulumi.Output[str]:
    partition = aws.get_partition_output().partition
    account_id = aws.get_caller_identity_output().account_id
    return pulumi.Output.concat("arn:", partition, ":", service, ":*:", account_id, ":", resource)
