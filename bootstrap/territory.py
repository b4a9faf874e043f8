"""A stack's territory: which resources of the account are its own, told by their names."""

from __future__ import annotations

from collections.abc import Sequence

import pulumi

from bootstrap.place import PROJECT, Place
from components.permissions import Grant

_OWN = "These resources' names begin with the stack's, so they are its own; which ones there are, the program decides."
_NAMELESS = "These actions have no resource, or one whose name AWS gives."

# Services that take on the roles which a stack gives them.
_SERVICES = ("bedrock-agentcore", "events", "lambda", "scheduler", "states")

_ROLE_ACTIONS = (
    *("CreateRole", "DeleteRole", "GetRole", "UpdateRole", "UpdateRoleDescription", "UpdateAssumeRolePolicy"),
    *("TagRole", "UntagRole", "ListRolePolicies", "GetRolePolicy", "PutRolePolicy", "DeleteRolePolicy"),
    *("ListAttachedRolePolicies", "ListInstanceProfilesForRole"),
)
_KEY_READS = ("DescribeKey", "GetKeyPolicy", "GetKeyRotationStatus", "ListAliases", "ListResourceTags")
# What makes a new key the stack's own.
_KEY_BEGINNINGS = ("CreateAlias", "EnableKeyRotation", "TagResource")
# What the services ask for in the name of whoever gives them a key, or data under one.
_KEY_USES = ("CreateGrant", "Decrypt", "DescribeKey", "Encrypt", "GenerateDataKey*", "ReEncrypt*")
# Those services; the names are those of their endpoints.
_KEY_USERS = ("dynamodb", "lambda", "logs", "s3", "sns", "sqs")


def own(place: Place, stack: str) -> dict[str, list[pulumi.Output[str]]]:
    """The resources of a stack, by service: patterns of their ARNs."""
    name = f"{PROJECT}-{stack}"
    runtime = name.replace("-", "_")
    groups = (
        f"/aws/lambda/{name}-*",
        f"/aws/vendedlogs/states/{name}-*",
        f"/aws/bedrock-agentcore/runtimes/{runtime}_*",
    )
    return {
        "bedrock-agentcore": [
            place.arn("bedrock-agentcore", f"runtime/{runtime}_*"),
            place.arn("bedrock-agentcore", f"workload-identity-directory/default/workload-identity/{runtime}_*"),
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


def look(place: Place, stacks: Sequence[str]) -> list[Grant]:
    """Leave to read how stacks are configured, for `pulumi preview --refresh`."""
    by_service: dict[str, list[pulumi.Output[str]]] = {}
    for stack in stacks:
        for service, arns in own(place, stack).items():
            by_service.setdefault(service, []).extend(arns)
    # Where these verbs would read what runs have written as well, what may be read is named more narrowly.
    verbs = {
        "bedrock-agentcore": ("Get*", "List*"),
        "cloudwatch": ("DescribeAlarms", "GetDashboard", "ListTagsForResource"),
        "dynamodb": ("Describe*", "ListTagsOfResource"),
        "events": ("Describe*", "List*"),
        "lambda": ("Get*", "List*"),
        "logs": ("DescribeLogGroups", "DescribeMetricFilters", "ListTagsForResource"),
        "s3": (
            *("GetAccelerateConfiguration", "GetBucket*", "GetEncryptionConfiguration", "GetLifecycleConfiguration"),
            *("GetReplicationConfiguration", "ListBucket", "ListTagsForResource"),
        ),
        "scheduler": ("Get*", "List*"),
        "sns": ("Get*", "List*"),
        "sqs": ("Get*", "List*"),
        "states": ("DescribeStateMachine", "List*"),
    }
    grants = [
        Grant(sid=_sid("LookAt", service), actions=_of(service, verbs[service]), resources=arns, reason=_OWN)
        for service, arns in by_service.items()
    ]
    roles = [_roles(place, stack) for stack in stacks]
    readable = [action for action in _ROLE_ACTIONS if action.startswith(("Get", "List"))]
    return [
        *grants,
        Grant(
            sid="LookAtCode",
            actions=["s3:GetObject", "s3:GetObjectTagging"],
            resources=[place.arn("s3", f"{PROJECT}-{stack}-code-*", region=False, account=False) for stack in stacks],
            reason="The bundles' keys hold digests of their content; nothing in this bucket comes from runs.",
        ),
        Grant(sid="LookAtRoles", actions=_of("iam", readable), resources=roles, reason=_OWN),
        Grant(
            sid="LookAround",
            actions=[
                *_of("kms", _KEY_READS),
                *("logs:DescribeLogGroups", "logs:DescribeQueryDefinitions", "cloudwatch:DescribeAlarms"),
                *("events:ListTagsForResource", "ec2:DescribeSecurityGroups"),
                # The provider has Step Functions check each definition that a preview would change.
                "states:ValidateStateMachineDefinition",
            ],
            resources=["*"],
            reason=_NAMELESS,
        ),
    ]


def change(place: Place, stack: str) -> list[Grant]:
    """Leave to deploy one stack."""
    role = _roles(place, stack)
    return [
        *(
            Grant(sid=_sid("Change", service), actions=[f"{service}:*"], resources=arns, reason=_OWN)
            for service, arns in own(place, stack).items()
        ),
        Grant(sid="ChangeRoles", actions=_of("iam", _ROLE_ACTIONS), resources=[role], reason=_OWN),
        Grant(
            sid="HandOverRoles",
            actions=["iam:PassRole"],
            resources=[role],
            conditions={
                "StringEquals": {"iam:PassedToService": [f"{service}.amazonaws.com" for service in _SERVICES]}  # type: ignore[dict-item]
            },
            reason=_OWN,
        ),
        Grant(
            sid="CreateNameless",
            actions=[
                *("bedrock-agentcore:CreateAgentRuntime", "bedrock-agentcore:CreateWorkloadIdentity"),
                *("kms:CreateKey", "logs:DescribeLogGroups", "logs:DescribeQueryDefinitions"),
                *("logs:PutQueryDefinition", "logs:DeleteQueryDefinition", "cloudwatch:DescribeAlarms"),
                *("lambda:CreateEventSourceMapping", "states:ValidateStateMachineDefinition"),
                *("logs:CreateLogDelivery", "logs:ListLogDeliveries", "logs:PutResourcePolicy"),
                *("logs:DescribeResourcePolicies", "ec2:DescribeSecurityGroups", "ec2:DescribeSubnets"),
            ],
            resources=["*"],
            reason=_NAMELESS,
        ),
        *_keys(place, stack),
        Grant(
            sid="ReachNetworks",
            actions=["iam:CreateServiceLinkedRole"],
            resources=[
                place.arn("iam", "role/aws-service-role/network.bedrock-agentcore.amazonaws.com/*", region=False)
            ],
            conditions={"StringEquals": {"iam:AWSServiceName": "network.bedrock-agentcore.amazonaws.com"}},
            reason="AWS names the role, by which AgentCore reaches into a VPC.",
        ),
    ]


def _keys(place: Place, stack: str) -> list[Grant]:
    """Leave to make a stack's keys and to encrypt with them.

    A key is known by its alias. It has none at first, and for up to five minutes more KMS decides as if it had none
    (https://docs.aws.amazon.com/kms/latest/developerguide/alias-authorization.html). So what a first deployment does
    with a key is allowed on keys that have no alias but the stack's, which keys without any are too.
    """
    aliases = [f"alias/{PROJECT}-{stack}", f"alias/{PROJECT}-{stack}-*"]
    key = place.arn("kms", "key/*")
    no_other = {"ForAllValues:StringLike": {"kms:ResourceAliases": aliases}}
    hosts = [pulumi.Output.concat(service, ".", place.region, ".amazonaws.com") for service in _KEY_USERS]
    return [
        Grant(sid="LookAtKeys", actions=_of("kms", _KEY_READS), resources=["*"], reason=_NAMELESS),
        Grant(
            sid="NameKeys",
            actions=_of("kms", ("CreateAlias", "DeleteAlias", "UpdateAlias")),
            resources=[place.arn("kms", alias) for alias in aliases],
            reason=_OWN,
        ),
        Grant(
            sid="BeginKeys",
            actions=_of("kms", _KEY_BEGINNINGS),
            resources=[key],
            conditions=no_other,  # type: ignore[arg-type]
            reason="The condition leaves keys that have no alias, or none but the stack's.",
        ),
        Grant(
            sid="UseKeys",
            actions=_of("kms", _KEY_USES),
            resources=[key],
            conditions={**no_other, "StringEquals": {"kms:ViaService": hosts}},  # type: ignore[dict-item]
            reason="As before, and services alone may use them, on what of theirs the stack may work with.",
        ),
        Grant(
            sid="ChangeKeys",
            actions=["kms:*"],
            resources=[key],
            conditions={"ForAnyValue:StringLike": {"kms:ResourceAliases": aliases}},  # type: ignore[dict-item]
            reason="The condition leaves only keys with an alias of the stack.",
        ),
    ]


def _roles(place: Place, stack: str) -> pulumi.Output[str]:
    return place.arn("iam", f"role/{PROJECT}-{stack}-*", region=False)


def _of(service: str, actions: Sequence[str]) -> list[str]:
    return [f"{service}:{action}" for action in actions]


def _sid(verb: str, service: str) -> str:
    return verb + "".join(word.title() for word in service.split("-"))
