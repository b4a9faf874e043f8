"""What the Lambda cost analyst may look at in the account: everything it needs, and nothing that it could change."""

from __future__ import annotations

from collections.abc import Sequence

import pulumi

from components.context import StackContext
from components.permissions import Grant


def read_estate(context: StackContext) -> Sequence[Grant]:
    """Leave to read the configuration, the metrics and the logs of the account's Lambda functions, in every region."""
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
                "lambda:GetProvisionedConcurrencyConfig",
                "lambda:ListAliases",
                "lambda:ListVersionsByFunction",
            ],
            resources=[_everywhere("lambda", "function:*", context)],
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
            resources=[_everywhere("logs", "log-group:*", context)],
            reason="The action lists, so it has no narrower resource.",
        ),
        Grant(
            sid="ReadFunctionLogs",
            actions=["logs:DescribeLogStreams", "logs:FilterLogEvents"],
            resources=[_everywhere("logs", "log-group:/aws/lambda/*", context)],
            reason="One group for each function of the account, in whichever region; only Lambda's groups.",
        ),
    ]


def _everywhere(service: str, resource: str, context: StackContext) -> pulumi.Output[str]:
    return pulumi.Output.concat("arn:", context.partition, ":", service, ":*:", context.account_id, ":", resource)
