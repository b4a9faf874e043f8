"""The permissions to read and to deploy a stack, limited to resources whose names begin with the stack's."""

from __future__ import annotations

from collections.abc import Sequence

import pulumi

from bootstrap.place import STACKS_PROJECT, Place
from components.permissions import Grant

_OWN = "The names of the stack's resources begin with its own; the program decides which resources there are."
_UNNAMED = "These actions have no resource, or AWS chooses its name."

# Services that assume roles of a stack.
_SERVICES = ("bedrock-agentcore", "events", "lambda", "scheduler", "states")

# Services of AgentCore with roles of their own: identities of runtimes, and access to a VPC.
# https://docs.aws.amazon.com/bedrock-agentcore/latest/devguide/service-linked-roles.html
_LINKED_SERVICES = ("runtime-identity.bedrock-agentcore.amazonaws.com", "network.bedrock-agentcore.amazonaws.com")

_ROLE_READS = (
    *("GetRole", "GetRolePolicy", "ListAttachedRolePolicies", "ListInstanceProfilesForRole", "ListRolePolicies"),
)
# None of these gives a role a permission.
_ROLE_CHANGES = (
    *("DeleteRole", "DeleteRolePolicy", "TagRole", "UntagRole", "UpdateAssumeRolePolicy", "UpdateRole"),
    "UpdateRoleDescription",
)
_KEY_READS = ("DescribeKey", "GetKeyPolicy", "GetKeyRotationStatus", "ListAliases", "ListResourceTags")


def resource_patterns(place: Place, stack: str) -> dict[str, list[pulumi.Output[str]]]:
    """Return the ARN patterns of a stack's resources by service."""
    name = f"{STACKS_PROJECT}-{stack}"
    runtime = name.replace("-", "_")
    groups = (
        f"/aws/lambda/{name}-*",
        f"/aws/vendedlogs/states/{name}-*",
        f"/aws/bedrock-agentcore/runtimes/{runtime}_*",
        f"/aws/bedrock-agentcore/evaluations/results/{runtime}_*",
    )
    return {
        "bedrock-agentcore": [
            place.arn("bedrock-agentcore", f"runtime/{runtime}_*"),
            place.arn("bedrock-agentcore", f"workload-identity-directory/default/workload-identity/{runtime}_*"),
            place.arn("bedrock-agentcore", f"online-evaluation-config/{runtime}_*"),
        ],
        "cloudwatch": [
            place.arn("cloudwatch", f"alarm:{name}-*"),
            place.arn("cloudwatch", f"dashboard/{name}-*", region=False),
        ],
        "dynamodb": [place.arn("dynamodb", f"table/{name}-*")],
        "events": [place.arn("events", f"event-bus/{name}-*"), place.arn("events", f"rule/{name}-*")],
        "lambda": [place.arn("lambda", f"function:{name}-*")],
        "logs": [place.arn("logs", f"log-group:{group}") for group in groups],
        "s3": [place.arn("s3", f"{name}-*", region=False, account=False)],
        "scheduler": [place.arn("scheduler", f"schedule/{name}-*"), place.arn("scheduler", f"schedule-group/{name}-*")],
        "sns": [place.arn("sns", f"{name}-*")],
        "sqs": [place.arn("sqs", f"{name}-*")],
        "states": [place.arn("states", f"stateMachine:{name}-*")],
    }


def read(place: Place, stack: str) -> list[Grant]:
    """Return the permission to read the configuration of a stack, for `pulumi preview --refresh`.

    Every action is named: a pattern such as Get* would also match actions that read the data of runs, or that return
    the tokens and keys of an agent's identity.
    """
    verbs = {
        "bedrock-agentcore": ("GetAgentRuntime", "GetOnlineEvaluationConfig", "ListTagsForResource"),
        "cloudwatch": ("DescribeAlarms", "GetDashboard", "ListTagsForResource"),
        "dynamodb": ("DescribeContinuousBackups", "DescribeTable", "DescribeTimeToLive", "ListTagsOfResource"),
        "events": ("DescribeEventBus", "DescribeRule", "ListTagsForResource", "ListTargetsByRule"),
        "lambda": (
            *("GetFunction", "GetFunctionCodeSigningConfig", "GetFunctionConcurrency", "GetFunctionConfiguration"),
            *("GetPolicy", "ListTags", "ListVersionsByFunction"),
        ),
        "logs": ("DescribeLogGroups", "DescribeMetricFilters", "ListTagsForResource"),
        "s3": (
            *("GetAccelerateConfiguration", "GetBucketAcl", "GetBucketCORS", "GetBucketLocation"),
            *("GetBucketLogging", "GetBucketObjectLockConfiguration", "GetBucketOwnershipControls", "GetBucketPolicy"),
            *("GetBucketPublicAccessBlock", "GetBucketRequestPayment", "GetBucketTagging", "GetBucketVersioning"),
            *("GetBucketWebsite", "GetEncryptionConfiguration", "GetLifecycleConfiguration"),
            *("GetReplicationConfiguration", "ListBucket", "ListTagsForResource"),
        ),
        "scheduler": ("GetSchedule", "GetScheduleGroup", "ListTagsForResource"),
        "sns": ("GetSubscriptionAttributes", "GetTopicAttributes", "ListTagsForResource"),
        "sqs": ("GetQueueAttributes", "GetQueueUrl", "ListQueueTags"),
        "states": ("DescribeStateMachine", "ListStateMachineVersions", "ListTagsForResource"),
    }
    grants = [
        Grant(sid=_sid("Read", service), actions=_of(service, verbs[service]), resources=arns, reason=_OWN)
        for service, arns in resource_patterns(place, stack).items()
    ]
    return [
        *grants,
        Grant(
            sid="ReadCode",
            actions=["s3:GetObject", "s3:GetObjectTagging"],
            resources=[place.arn("s3", f"{STACKS_PROJECT}-{stack}-code-*", region=False, account=False)],
            reason="The keys of the bundles contain digests. This bucket has no data of runs.",
        ),
        Grant(sid="ReadRoles", actions=_of("iam", _ROLE_READS), resources=[_roles(place, stack)], reason=_OWN),
        Grant(
            sid="ReadUnnamed",
            actions=[
                *_of("kms", _KEY_READS),
                *("logs:DescribeLogGroups", "logs:DescribeQueryDefinitions", "cloudwatch:DescribeAlarms"),
                *("events:ListTagsForResource", "ec2:DescribeSecurityGroups"),
                # In a preview, the provider lets Step Functions validate each changed definition.
                "states:ValidateStateMachineDefinition",
            ],
            resources=["*"],
            reason=_UNNAMED,
        ),
    ]


def deploy(place: Place, stack: str, boundary: pulumi.Output[str]) -> list[Grant]:
    """Return the permission to deploy one stack, whose roles must have the permissions boundary."""
    role = _roles(place, stack)
    return [
        *(
            Grant(sid=_sid("Change", service), actions=[f"{service}:*"], resources=arns, reason=_OWN)
            for service, arns in resource_patterns(place, stack).items()
        ),
        Grant(sid="ChangeRoles", actions=_of("iam", (*_ROLE_READS, *_ROLE_CHANGES)), resources=[role], reason=_OWN),
        Grant(
            sid="CreateBoundRoles",
            actions=_of("iam", ("CreateRole", "PutRolePermissionsBoundary", "PutRolePolicy")),
            resources=[role],
            conditions={"StringEquals": {"iam:PermissionsBoundary": boundary}},
            reason=_OWN,
        ),
        Grant(
            sid="PassRoles",
            actions=["iam:PassRole"],
            resources=[role],
            conditions={
                "StringEquals": {"iam:PassedToService": [f"{service}.amazonaws.com" for service in _SERVICES]}  # type: ignore[dict-item]
            },
            reason=_OWN,
        ),
        Grant(
            sid="CreateUnnamed",
            actions=[
                *("bedrock-agentcore:CreateAgentRuntime", "bedrock-agentcore:CreateWorkloadIdentity"),
                "bedrock-agentcore:CreateOnlineEvaluationConfig",
                *("kms:CreateKey", "logs:DescribeLogGroups", "logs:DescribeQueryDefinitions"),
                *("logs:PutQueryDefinition", "logs:DeleteQueryDefinition", "cloudwatch:DescribeAlarms"),
                *("states:ValidateStateMachineDefinition", "logs:CreateLogDelivery", "logs:ListLogDeliveries"),
                *("logs:PutResourcePolicy", "logs:DescribeResourcePolicies"),
                *("ec2:DescribeSecurityGroups", "ec2:DescribeSubnets"),
                # The policy of the event bus. AWS's reference has no resource and no condition for these actions.
                *("events:PutPermission", "events:RemovePermission"),
            ],
            resources=["*"],
            reason=_UNNAMED,
        ),
        *_keys(place, stack),
        Grant(
            sid="UseIdentityDirectory",
            actions=["bedrock-agentcore:DeleteWorkloadIdentity"],
            resources=[place.arn("bedrock-agentcore", "workload-identity-directory/default")],
            reason="AgentCore checks the permission on the directory and on the identity, which is the stack's own.",
        ),
        Grant(
            sid="LinkServices",
            actions=["iam:CreateServiceLinkedRole"],
            resources=[
                place.arn("iam", f"role/aws-service-role/{service}/*", region=False) for service in _LINKED_SERVICES
            ],
            conditions={"StringEquals": {"iam:AWSServiceName": list(_LINKED_SERVICES)}},  # type: ignore[dict-item]
            reason="AWS names these roles. AgentCore creates them with the account's first runtime.",
        ),
    ]


def _keys(place: Place, stack: str) -> list[Grant]:
    """Return the permission to create a stack's keys, and to change keys with an alias of the stack.

    The policy of a new key allows the rest (components/storage/encryption_key.py). So the role can give no foreign key
    an alias of the stack. No permission may depend on a key's tags: KMS checks the tags of a new key with a permission
    for all keys, so the role can also tag foreign ones
    (https://docs.aws.amazon.com/kms/latest/developerguide/tag-permissions.html).
    """
    aliases = [f"alias/{STACKS_PROJECT}-{stack}", f"alias/{STACKS_PROJECT}-{stack}-*"]
    key = place.arn("kms", "key/*")
    return [
        Grant(sid="ReadKeys", actions=_of("kms", _KEY_READS), resources=["*"], reason=_UNNAMED),
        Grant(
            sid="NameKeys",
            actions=_of("kms", ("CreateAlias", "DeleteAlias", "UpdateAlias")),
            resources=[place.arn("kms", alias) for alias in aliases],
            reason=_OWN,
        ),
        Grant(
            sid="TagNewKeys",
            actions=["kms:TagResource"],
            resources=[key],
            conditions={"ForAllValues:StringLike": {"kms:ResourceAliases": aliases}},  # type: ignore[dict-item]
            reason="A new key has no name; the condition excludes keys with an alias of others.",
        ),
        Grant(
            sid="ChangeKeys",
            actions=["kms:*"],
            resources=[key],
            conditions={"ForAnyValue:StringLike": {"kms:ResourceAliases": aliases}},  # type: ignore[dict-item]
            reason="The condition allows only keys with an alias of the stack.",
        ),
    ]


def _roles(place: Place, stack: str) -> pulumi.Output[str]:
    return place.arn("iam", f"role/{STACKS_PROJECT}-{stack}-*", region=False)


def _of(service: str, actions: Sequence[str]) -> list[str]:
    return [f"{service}:{action}" for action in actions]


def _sid(verb: str, service: str) -> str:
    return verb + "".join(word.title() for word in service.split("-"))
