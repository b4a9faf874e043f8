"""Wildcards in the policies of roles: only known ones are allowed, each with its reason."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from . import types
from .documents import Statement, statements
from .resource import Resource

_IDENTITY_POLICIES = (types.IAM_POLICY, types.IAM_ROLE_POLICY)


@dataclass(frozen=True, kw_only=True)
class KnownWildcard:
    """A pattern of resources on which some actions may be allowed.

    Attributes:
        actions: The actions.
        widest: The widest pattern allowed: `*` matches any text, `<name>` matches text without wildcards.
        reason: Why the pattern cannot be narrower.
        condition: Key of a condition that the statement must have, in lower case.
    """

    actions: Sequence[str]
    widest: str
    reason: str
    condition: str | None = None

    def covers(self, action: str, pattern: str, statement: Statement) -> bool:
        """Return whether a statement may allow an action on a pattern."""
        widest = re.escape(self.widest).replace(r"\*", ".*").replace("<name>", "[^*?]+")
        return (
            action in self.actions
            and re.fullmatch(widest, pattern) is not None
            and (self.condition is None or self.condition in statement.condition_keys)
        )


KNOWN = (
    KnownWildcard(
        actions=(
            "xray:GetSamplingRules",
            "xray:GetSamplingTargets",
            "xray:PutTelemetryRecords",
            "xray:PutTraceSegments",
        ),
        widest="*",
        reason="X-Ray has no resources for these actions.",
    ),
    KnownWildcard(
        actions=("cloudwatch:GetMetricData",),
        widest="*",
        reason="CloudWatch has no resources for reading metrics.",
    ),
    KnownWildcard(
        actions=("cloudwatch:PutMetricData",),
        widest="*",
        reason="CloudWatch has no resources for writing metrics; the condition limits the namespace.",
        condition="cloudwatch:namespace",
    ),
    KnownWildcard(
        actions=(
            "logs:CreateLogDelivery",
            "logs:DeleteLogDelivery",
            "logs:DescribeResourcePolicies",
            "logs:GetLogDelivery",
            "logs:ListLogDeliveries",
            "logs:PutResourcePolicy",
            "logs:UpdateLogDelivery",
        ),
        widest="*",
        reason="CloudWatch Logs has no resources for the deliveries that Step Functions uses for its logs.",
    ),
    KnownWildcard(
        actions=(
            "lambda:GetAccountSettings",
            "lambda:ListCapacityProviders",
            "lambda:ListEventSourceMappings",
            "lambda:ListFunctions",
            "lambda:ListMicrovms",
            "lambda:ListWebFunctions",
            "logs:DescribeLogGroups",
        ),
        widest="*",
        reason="The actions list resources, so they have no narrower resource.",
    ),
    KnownWildcard(
        actions=(
            "ce:GetCostAndUsage",
            "compute-optimizer:GetLambdaFunctionRecommendations",
            "cost-optimization-hub:ListRecommendations",
            "pricing:GetProducts",
            "tag:GetResources",
        ),
        widest="*",
        reason="Read only: these services have no resources.",
    ),
    KnownWildcard(
        actions=("savingsplans:DescribeSavingsPlans",),
        widest="arn:*:savingsplans::*:savingsplan/*",
        reason="Read only: the analyst reads which of the account's plans are active.",
    ),
    KnownWildcard(
        actions=("logs:CreateLogStream", "logs:PutLogEvents"),
        widest="arn:*:logs:*:*:log-group:/aws/<name>*:*",
        reason="Services name the streams of a group, and AgentCore the group too: it appends an id.",
    ),
    KnownWildcard(
        actions=("logs:CreateLogGroup",),
        widest="arn:*:logs:*:*:log-group:/aws/bedrock-agentcore/runtimes/<name>:*",
        reason="One log group. In the request, its name is followed by a colon and a stream.",
    ),
    KnownWildcard(
        actions=("logs:DescribeLogStreams", "logs:DescribeSubscriptionFilters", "logs:FilterLogEvents"),
        widest="arn:*:logs:*:*:log-group:/aws/<name>*",
        reason="Read only: the analyst reads the log of every function in the account.",
    ),
    KnownWildcard(
        actions=(
            "lambda:GetFunctionConcurrency",
            "lambda:GetFunctionConfiguration",
            "lambda:GetFunctionRecursionConfig",
            "lambda:ListDurableExecutionsByFunction",
            "lambda:ListFunctionEventInvokeConfigs",
            "lambda:ListFunctionUrlConfigs",
            "lambda:ListProvisionedConcurrencyConfigs",
        ),
        widest="arn:*:lambda:*:*:function:*",
        reason="Read only: the analyst reads every function in the account.",
    ),
    KnownWildcard(
        actions=("lambda:InvokeFunction",),
        widest="arn:*:lambda:*:*:function:<name>:*",
        reason="Versions and aliases of one function.",
    ),
    KnownWildcard(
        actions=("s3:GetObject", "s3:PutObject"),
        widest="arn:*:s3:::<name>/<name>/*",
        reason="Objects of one bucket below one prefix: their keys are not known before a run.",
    ),
    KnownWildcard(
        actions=("bedrock:InvokeModel", "bedrock:InvokeModelWithResponseStream"),
        widest="arn:*:bedrock:*::foundation-model/<name>",
        reason="One model, in any region of its cross-region inference profile.",
        condition="bedrock:inferenceprofilearn",
    ),
)


def without_reason(resource: Resource) -> Iterator[str]:
    """Check that a role's policies name actions and resources, except for known wildcards."""
    for statement in _allowing(resource):
        name = statement.sid or "without a Sid"
        for action in statement.actions:
            if _is_wild(action):
                yield f"The statement {name} allows {action}: name the actions that are needed"
                continue
            for pattern in statement.resources:
                if _is_wild(pattern) and not any(known.covers(action, pattern, statement) for known in KNOWN):
                    yield (
                        f"The statement {name} allows {action} on {pattern}: narrow it, or add it to the known "
                        "wildcards, with its reason"
                    )


def managed_by_aws(resource: Resource) -> Iterator[str]:
    """Check that no role has an AWS managed policy, which AWS may extend at any time."""
    arns = [resource.get("policyArn")] if resource.type == types.IAM_ROLE_POLICY_ATTACHMENT else []
    if resource.type == types.IAM_ROLE:
        arns = resource.get("managedPolicyArns") or []
    for arn in arns:
        if arn and ":iam::aws:policy/" in arn:
            yield f"{arn.split('/')[-1]} is an AWS managed policy, which is wide: grant only the permissions needed"


def _allowing(resource: Resource) -> Iterator[Statement]:
    documents = [resource.get("policy")] if resource.type in _IDENTITY_POLICIES else []
    if resource.type == types.IAM_ROLE:
        documents = [inline["policy"] for inline in resource.get("inlinePolicies") or []]
    return (statement for document in documents for statement in statements(document) if statement.allows)


def _is_wild(text: str) -> bool:
    return "*" in text or "?" in text
