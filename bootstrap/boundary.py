"""Boundary: the most that any role of a stack can do. It also limits what a program or a deployment writes into it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from bootstrap.place import STACKS_PROJECT, Place
from bootstrap.stack_permissions import resource_patterns
from components.permissions import Grant, policy

_NAMED = "The names of the stack's resources begin with its own."
_ANALYST = "The analyst reads every function of the account, in all regions; the actions change nothing."
# Services that use the stack's key for its roles, by the names of their endpoints.
_KEY_USERS = ("dynamodb", "s3", "sns", "sqs")
_ON_OWN = {
    "bedrock-agentcore": ("InvokeAgentRuntime", "StopRuntimeSession"),
    "dynamodb": ("GetItem", "PutItem", "Query", "UpdateItem"),
    "events": ("PutEvents",),
    "lambda": ("InvokeFunction",),
    "logs": ("CreateLogGroup", "CreateLogStream", "DescribeLogStreams", "PutLogEvents"),
    "sns": ("Publish",),
    "sqs": ("SendMessage",),
    "states": ("StartExecution",),
}


@dataclass(frozen=True, kw_only=True)
class BoundaryArgs:
    """Inputs of a boundary.

    Attributes:
        place: Account and region of the stack.
        stack: The stack.
        agent_actions: Actions that the stack's agents may also have, on all resources.
        tags: The policy's tags.
    """

    place: Place
    stack: str
    agent_actions: Sequence[str]
    tags: Mapping[str, str]


class Boundary(pulumi.ComponentResource):
    """A managed policy that is the permissions boundary of every role of one stack. It gives no permission itself.

    Attributes:
        arn: The policy's ARN, for the stack's setting `permissionsBoundary`.
    """

    arn: pulumi.Output[str]

    def __init__(self, name: str, args: BoundaryArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("agent-runs-bootstrap:index:Boundary", name, None, opts)
        made = aws.iam.Policy(
            name,
            name=f"boundary-{STACKS_PROJECT}-{args.stack}",
            description=f"The most that the roles of {STACKS_PROJECT}-{args.stack} can do",
            policy=policy(_most(args)),
            tags=args.tags,
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.arn = made.arn
        self.register_outputs({"arn": self.arn})


def _most(args: BoundaryArgs) -> list[Grant]:
    place = args.place
    patterns = resource_patterns(place, args.stack)
    reports = place.arn("s3", f"{STACKS_PROJECT}-{args.stack}-*reports-*", region=False, account=False)
    hosts = [pulumi.Output.concat(service, ".", place.region, ".amazonaws.com") for service in _KEY_USERS]
    every_function = pulumi.Output.concat("arn:", place.partition, ":lambda:*:", place.account_id, ":function:*")
    every_log = pulumi.Output.concat("arn:", place.partition, ":logs:*:", place.account_id, ":log-group:/aws/lambda/*")
    grants = [
        Grant(
            sid="OwnResources",
            actions=[f"{service}:{action}" for service, actions in _ON_OWN.items() for action in actions],
            resources=[arn for service in _ON_OWN for arn in patterns[service]],
            reason=_NAMED,
        ),
        Grant(
            sid="OwnReports",
            actions=["s3:GetObject", "s3:ListBucket", "s3:PutObject"],
            resources=[reports],
            reason=_NAMED,
        ),
        Grant(
            sid="OwnKey",
            actions=["kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey"],
            resources=[place.arn("kms", "key/*")],
            conditions={"StringEquals": {"kms:ViaService": hosts}},  # type: ignore[dict-item]
            reason="The key has no name. The role's own policy names it; the services check the resource.",
        ),
        Grant(
            sid="Models",
            actions=["bedrock:InvokeModel", "bedrock:InvokeModelWithResponseStream"],
            resources=["*"],
            reason="The stack's settings name the model.",
        ),
        Grant(
            sid="ReadFunctions",
            actions=[
                *("lambda:GetFunctionConcurrency", "lambda:GetFunctionConfiguration"),
                *("lambda:GetFunctionRecursionConfig", "lambda:ListDurableExecutionsByFunction"),
                *("lambda:ListFunctionEventInvokeConfigs", "lambda:ListFunctionUrlConfigs"),
                "lambda:ListProvisionedConcurrencyConfigs",
                *("logs:DescribeLogStreams", "logs:DescribeSubscriptionFilters", "logs:FilterLogEvents"),
            ],
            resources=[every_function, every_log],
            reason=_ANALYST,
        ),
        Grant(
            sid="QuerySpans",
            actions=["logs:DescribeIndexPolicies", "logs:PutIndexPolicy", "logs:StartQuery"],
            resources=[*patterns["logs"], place.arn("logs", "log-group:aws/spans*")],
            reason="AgentCore's evaluation reads spans in the account's group too.",
        ),
        Grant(
            sid="Unnamed",
            actions=[
                *(
                    "logs:GetQueryResults",
                    "cloudwatch:GetMetricData",
                    "logs:DescribeLogGroups",
                    "pricing:GetProducts",
                    "tag:GetResources",
                ),
                *("lambda:GetAccountSettings", "lambda:ListCapacityProviders", "lambda:ListEventSourceMappings"),
                *("lambda:ListFunctions", "lambda:ListMicrovms", "lambda:ListWebFunctions"),
                *("ce:GetCostAndUsage", "compute-optimizer:GetLambdaFunctionRecommendations"),
                *("cost-optimization-hub:ListRecommendations", "savingsplans:DescribeSavingsPlans"),
                *("logs:CreateLogDelivery", "logs:DeleteLogDelivery", "logs:GetLogDelivery", "logs:UpdateLogDelivery"),
                *("logs:ListLogDeliveries", "logs:DescribeResourcePolicies", "logs:PutResourcePolicy"),
                *("xray:GetSamplingRules", "xray:GetSamplingTargets", "xray:PutTelemetryRecords"),
                "xray:PutTraceSegments",
            ],
            resources=["*"],
            reason="These actions have no narrower resource.",
        ),
        Grant(
            sid="Metrics",
            actions=["cloudwatch:PutMetricData"],
            resources=["*"],
            conditions={"StringEquals": {"cloudwatch:namespace": "bedrock-agentcore"}},
            reason="A metric has no resource; the condition names its namespace.",
        ),
    ]
    if args.agent_actions:
        reason = "The account's settings add these actions for the agents; the roles name the resources."
        grants.append(Grant(sid="Agents", actions=list(args.agent_actions), resources=["*"], reason=reason))
    return grants
