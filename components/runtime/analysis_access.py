"""The Lambda cost analyst's permissions in the account: it may read what it needs and change nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pulumi
import pulumi_aws as aws

from agent.analyst.variables import ANALYSIS_REGIONS, GROUP_BY_TAG, REFRESH_PRICES
from components.permissions import Grant
from components.settings.model import Settings


def read_estate() -> Sequence[Grant]:
    """Return the permission to read configuration, metrics and logs of Lambda functions in all regions."""
    return [
        Grant(
            sid="ListFunctions",
            actions=[
                "lambda:GetAccountSettings",
                "lambda:ListCapacityProviders",
                "lambda:ListEventSourceMappings",
                "lambda:ListFunctions",
                "lambda:ListMicrovms",
                "lambda:ListWebFunctions",
            ],
            resources=["*"],
            reason="A list action has no narrower resource.",
        ),
        Grant(
            sid="ReadFunctions",
            actions=[
                "lambda:GetFunctionConcurrency",
                "lambda:GetFunctionConfiguration",
                "lambda:GetFunctionRecursionConfig",
                "lambda:ListDurableExecutionsByFunction",
                "lambda:ListFunctionEventInvokeConfigs",
                "lambda:ListFunctionUrlConfigs",
                "lambda:ListProvisionedConcurrencyConfigs",
            ],
            resources=[_everywhere("lambda", "function:*")],
            reason="The analyst reads every function of the account, in all regions; the actions change nothing.",
        ),
        Grant(
            sid="ReadAdvice",
            actions=[
                "ce:GetCostAndUsage",
                "compute-optimizer:GetLambdaFunctionRecommendations",
                "cost-optimization-hub:ListRecommendations",
            ],
            resources=["*"],
            reason="These services have no resources; the actions read recommendations and the bill.",
        ),
        Grant(
            sid="ReadSavingsPlans",
            actions=["savingsplans:DescribeSavingsPlans"],
            resources=[_everywhere("savingsplans", "savingsplan/*", region="")],
            reason="The analyst reads which of the account's plans are active; the action changes nothing.",
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


def read_tags() -> Sequence[Grant]:
    """Return the permission to read the tags of resources."""
    return [
        Grant(
            sid="ReadTags",
            actions=["tag:GetResources"],
            resources=["*"],
            reason="The tagging API has no resources.",
        )
    ]


def analysis_grants(settings: Settings) -> Sequence[Grant]:
    """Return all permissions that the analyst needs with a stack's settings."""
    return [
        *read_estate(),
        *(read_prices() if settings.refresh_prices else []),
        *(read_tags() if settings.group_by_tag else []),
    ]


def analysis_environment(settings: Settings) -> Mapping[str, str]:
    """Return the environment variables of the analyst's own settings."""
    return {
        ANALYSIS_REGIONS: ",".join(settings.analysis_regions),
        GROUP_BY_TAG: settings.group_by_tag or "",
        REFRESH_PRICES: str(settings.refresh_prices).lower(),
    }


def _everywhere(service: str, resource: str, *, region: str = "*") -> pulumi.Output[str]:
    partition = aws.get_partition_output().partition
    account_id = aws.get_caller_identity_output().account_id
    return pulumi.Output.concat("arn:", partition, ":", service, ":", region, ":", account_id, ":", resource)
