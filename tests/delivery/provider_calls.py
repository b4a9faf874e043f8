"""The IAM actions that Pulumi's AWS provider needs for each resource type of a stack.

Source: code and issues of terraform-provider-aws, version 6, on which Pulumi's provider is based; not a run against
AWS. The provider reads a resource at each `pulumi preview --refresh`, and after it has created the resource.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from components.testing.mocks import ACCOUNT, REGION
from policies.rules.resource import Resource
from tests.delivery.iam import Context


@dataclass(frozen=True, kw_only=True)
class Calls:
    """The actions that the provider needs for one type.

    Attributes:
        previews: To preview changes, and to compare them with the existing resource.
        makes: To create the resource, in addition to those.
    """

    previews: Sequence[str]
    makes: Sequence[str]


_TAGS = "ListTagsForResource"


def _calls(service: str, previews: Sequence[str], makes: Sequence[str]) -> Calls:
    return Calls(
        previews=[f"{service}:{action}" for action in previews], makes=[f"{service}:{action}" for action in makes]
    )


CALLS = {
    "AgentcoreAgentRuntime": _calls(
        "bedrock-agentcore", ["GetAgentRuntime", _TAGS], ["CreateAgentRuntime", "TagResource"]
    ),
    "AgentcoreOnlineEvaluationConfig": _calls(
        "bedrock-agentcore", ["GetOnlineEvaluationConfig", _TAGS], ["CreateOnlineEvaluationConfig", "TagResource"]
    ),
    "Alias": _calls("kms", ["ListAliases"], ["CreateAlias"]),
    # The provider needs all of these for every bucket, even if the program declares none of them.
    # https://github.com/hashicorp/terraform-provider-aws/blob/main/internal/service/s3/bucket.go
    "Bucket": _calls(
        "s3",
        [
            *("ListBucket", "GetBucketAcl", "GetBucketCORS", "GetBucketLogging", "GetBucketObjectLockConfiguration"),
            *("GetBucketPolicy", "GetBucketRequestPayment", "GetBucketTagging", "GetBucketVersioning"),
            *("GetBucketWebsite", "GetEncryptionConfiguration", "GetLifecycleConfiguration", "GetBucketLocation"),
            *("GetAccelerateConfiguration", "GetReplicationConfiguration", _TAGS),
        ],
        ["CreateBucket", "PutBucketTagging", "TagResource"],
    ),
    "BucketLifecycleConfiguration": _calls("s3", ["GetLifecycleConfiguration"], ["PutLifecycleConfiguration"]),
    "BucketObjectv2": _calls("s3", ["GetObject", "GetObjectTagging"], ["PutObject"]),
    "BucketOwnershipControls": _calls("s3", ["GetBucketOwnershipControls"], ["PutBucketOwnershipControls"]),
    "BucketPolicy": _calls("s3", ["GetBucketPolicy"], ["PutBucketPolicy"]),
    "BucketPublicAccessBlock": _calls("s3", ["GetBucketPublicAccessBlock"], ["PutBucketPublicAccessBlock"]),
    "BucketServerSideEncryptionConfiguration": _calls(
        "s3", ["GetEncryptionConfiguration"], ["PutEncryptionConfiguration"]
    ),
    "BucketVersioning": _calls("s3", ["GetBucketVersioning"], ["PutBucketVersioning"]),
    "Dashboard": _calls("cloudwatch", ["GetDashboard"], ["PutDashboard"]),
    "EventBus": _calls("events", ["DescribeEventBus", _TAGS], ["CreateEventBus", "TagResource"]),
    "EventBusPolicy": _calls("events", ["DescribeEventBus"], []),
    "EventRule": _calls("events", ["DescribeRule", _TAGS], ["PutRule", "TagResource"]),
    "EventTarget": _calls("events", ["ListTargetsByRule"], ["PutTargets"]),
    "Function": _calls(
        "lambda",
        ["GetFunction", "GetFunctionCodeSigningConfig", "ListVersionsByFunction"],
        ["CreateFunction", "PutFunctionConcurrency", "TagResource"],
    ),
    "Key": _calls(
        "kms",
        ["DescribeKey", "GetKeyPolicy", "GetKeyRotationStatus", "ListResourceTags"],
        ["CreateKey", "EnableKeyRotation", "TagResource"],
    ),
    "LogGroup": _calls(
        "logs", ["DescribeLogGroups", _TAGS], ["AssociateKmsKey", "CreateLogGroup", "PutRetentionPolicy", "TagResource"]
    ),
    "LogMetricFilter": _calls("logs", ["DescribeMetricFilters"], ["PutMetricFilter"]),
    "MetricAlarm": _calls("cloudwatch", ["DescribeAlarms", _TAGS], ["PutMetricAlarm", "TagResource"]),
    "QueryDefinition": _calls("logs", ["DescribeQueryDefinitions"], ["PutQueryDefinition"]),
    "Queue": _calls(
        "sqs", ["GetQueueAttributes", "GetQueueUrl", "ListQueueTags"], ["CreateQueue", "SetQueueAttributes", "TagQueue"]
    ),
    "QueuePolicy": _calls("sqs", ["GetQueueAttributes"], ["SetQueueAttributes"]),
    "Role": _calls(
        "iam", ["GetRole", "ListRolePolicies", "GetRolePolicy", "ListAttachedRolePolicies"], ["CreateRole", "TagRole"]
    ),
    "RolePolicy": _calls("iam", ["GetRolePolicy"], ["PutRolePolicy"]),
    "Schedule": _calls("scheduler", ["GetSchedule"], ["CreateSchedule"]),
    "ScheduleGroup": _calls("scheduler", ["GetScheduleGroup", _TAGS], ["CreateScheduleGroup", "TagResource"]),
    # A changed definition is checked in the preview: https://github.com/hashicorp/terraform-provider-aws/pull/39229
    "StateMachine": _calls(
        "states",
        ["DescribeStateMachine", _TAGS, "ValidateStateMachineDefinition"],
        ["CreateStateMachine", "TagResource"],
    ),
    "Table": _calls(
        "dynamodb",
        ["DescribeTable", "DescribeContinuousBackups", "DescribeTimeToLive", "ListTagsOfResource"],
        ["CreateTable", "TagResource", "UpdateContinuousBackups", "UpdateTimeToLive"],
    ),
    "Topic": _calls("sns", ["GetTopicAttributes", _TAGS], ["CreateTopic", "SetTopicAttributes", "TagResource"]),
    "TopicPolicy": _calls("sns", ["GetTopicAttributes"], ["SetTopicAttributes"]),
    "TopicSubscription": _calls("sns", ["GetSubscriptionAttributes"], ["Subscribe"]),
}
"""Type of each resource in a stack, to the actions that the provider needs."""


def calls_on_behalf(resource: Resource) -> list[tuple[str, str, Context]]:
    """Return the actions on other resources, or on none, for which a resource's creation and deletion need permission.

    Since 13 October 2025 each new runtime has a workload identity, and the account a service-linked role for them:
    https://docs.aws.amazon.com/bedrock-agentcore/latest/devguide/service-linked-roles.html and, for the actions on
    identities and on their directory, https://docs.aws.amazon.com/bedrock-agentcore/latest/devguide/runtime-permissions.html
    """
    if kind(resource) == "EventBusPolicy":
        # These two have no resource: https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazoneventbridge.html
        return [(f"events:{verb}Permission", "*", {}) for verb in ("Put", "Remove")]
    if kind(resource) != "AgentcoreAgentRuntime":
        return []
    services = ["runtime-identity"]
    if resource.props["networkConfiguration"]["networkMode"] == "VPC":
        services.append("network")
    directory = f"arn:aws:bedrock-agentcore:{REGION}:{ACCOUNT}:workload-identity-directory/default"
    identity = f"{directory}/workload-identity/{resource.props['agentRuntimeName']}-Ab3dEf7hIj"
    return [
        *(linked_role(f"{service}.bedrock-agentcore.amazonaws.com") for service in services),
        *(
            (f"bedrock-agentcore:{verb}WorkloadIdentity", arn, {})
            for verb in ("Create", "Delete")
            for arn in (directory, identity)
        ),
    ]


def linked_role(service: str) -> tuple[str, str, Context]:
    """Return the action that creates a service-linked role, with its resource and its context."""
    return (
        "iam:CreateServiceLinkedRole",
        f"arn:aws:iam::{ACCOUNT}:role/aws-service-role/{service}/AWSServiceRoleForIt",
        {"iam:awsservicename": [service]},
    )


def kind(resource: Resource) -> str:
    """Return the last part of the type, for example `Table`."""
    return resource.type.split(":")[-1]


def arn(resource: Resource) -> str:
    """Return the ARN in the provider's calls: the resource's or its parent's; `*` if neither has an ARN."""
    props = resource.props

    def here(service: str, name: str) -> str:
        return f"arn:aws:{service}:{REGION}:{ACCOUNT}:{name}"

    match kind(resource):
        case "BucketObjectv2":
            return f"arn:aws:s3:::{props['bucket']}/{props['key']}"
        case "Dashboard":
            return f"arn:aws:cloudwatch::{ACCOUNT}:dashboard/{props['dashboardName']}"
        case "EventBusPolicy":
            return here("events", f"event-bus/{props['eventBusName']}")
        case "EventRule":
            return here("events", f"rule/{props['eventBusName']}/{props['name']}")
        case "EventTarget":
            return here("events", f"rule/{props['eventBusName']}/{props['rule']}")
        case "LogMetricFilter":
            return here("logs", f"log-group:{props['logGroupName']}")
        case "QueryDefinition":
            return "*"
        case "QueuePolicy":
            return here("sqs", props["queueUrl"].rpartition("/")[-1])
        case "RolePolicy":
            return f"arn:aws:iam::{ACCOUNT}:role/{props['role']}"
        case "Schedule":
            return here("scheduler", f"schedule/{props['groupName']}/{props['name']}")
        case "TopicPolicy":
            return str(props["arn"])
        case "TopicSubscription":
            return f"{props['topic']}:0c2f4b5e"
        case "Alias":
            return here("kms", props["name"])
        case name if name.startswith("Bucket"):
            return f"arn:aws:s3:::{props['bucket']}"
    return str(props.get("agentRuntimeArn") or props.get("onlineEvaluationConfigArn") or props["arn"])
