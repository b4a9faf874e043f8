"""What the Lambda cost analyst may look at in the account: everything it needs, and nothing that it could change."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pulumi
import pulumi_aws as aws

from agent.analyst.variables import ANALYSIS_REGIONS, REFRESH_PRICES
from components.permissions import Grant
from components.settings.model import Settings


def read_estate() -> Sequence[Grant]:
    """Leave to read configuration, metrics and logs of the account's Lambda functions, in every region."""
    return [
        Grant(
            sid="ListFunctions",
            actions=["lambda:ListFunctions"],
            resources=["*"],
            reason="The action lists, so it has no narrower resource.",
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
            reason="The analyst looks at every function of the account, in whichever region; the actions only read.",
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
            reason="The action lists, so it has no narrower resource.",
        ),
        Grant(
            sid="ReadFunctionLogs",
            actions=["logs:DescribeLogStreams", "logs:DescribeSubscriptionFilters", "logs:FilterLogEvents"],
            resources=[_everywhere("logs", "log-group:/aws/lambda/*")],
            reason="One group for each function of the account, in whichever region; only Lambda's groups.",
        ),
    ]


def read_prices() -> Sequence[Grant]:
    """Leave to read AWS's price list, which is the same for everybody."""
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
