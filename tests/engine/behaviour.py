"""How AWS and its Pulumi provider treat the resource types that the programs use.

`replaced_by` lists the inputs that the provider's documentation marks as "Forces new resource". A type that is missing
here cannot be created: look it up and add it when a program uses it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

ACCOUNT = "123456789012"
SERIAL = "serial"
"""Among the properties that `id` and `computed` see: a number that no other resource of the account has."""

Properties = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Behaviour:
    """The provider's behaviour for one type.

    Attributes:
        name: The input that holds the physical name; None for a type without one.
        replaced_by: Inputs whose change replaces the resource.
        id: Its id, from its properties and the region.
        computed: Outputs that only AWS knows, from the same.
        holds_data: A deletion loses data that cannot be created again.
    """

    name: str | None = None
    replaced_by: frozenset[str] = frozenset()
    id: Callable[[Properties, str], str] = lambda properties, region: str(properties["name"])
    computed: Callable[[Properties, str], Properties] = field(default=lambda properties, region: {})
    holds_data: bool = False


def _arn(template: str) -> Callable[[Properties, str], str]:
    return lambda properties, region: template.format(**properties, region=region, account=ACCOUNT)


def _named(
    service: str, *replaced_by: str, path: str = "", holds_data: bool = False, by_arn: bool = False
) -> Behaviour:
    """Return a type whose id is its name and that has an ARN."""
    region, account = ("", "") if service in {"s3"} else ("{region}", "{account}")
    arn = _arn(f"arn:aws:{service}:{'' if service == 'iam' else region}:{account}:{path}{{name}}")
    return Behaviour(
        name="name",
        replaced_by=frozenset({"name", *replaced_by}),
        id=arn if by_arn else lambda properties, region: str(properties["name"]),
        computed=lambda properties, region: {"arn": arn(properties, region)},
        holds_data=holds_data,
    )


def _of(owner: str, *replaced_by: str) -> Behaviour:
    """Return a type that is a part of another resource and has the id of that resource."""
    return Behaviour(replaced_by=frozenset({owner, *replaced_by}), id=lambda properties, region: str(properties[owner]))


def _queue(properties: Properties, region: str) -> str:
    return f"https://sqs.{region}.amazonaws.com/{ACCOUNT}/{properties['name']}"


def _runtime_id(properties: Properties, region: str) -> str:
    return f"{properties['agentRuntimeName']}-Ab12345678"


def _evaluation_id(properties: Properties, region: str) -> str:
    return f"{properties['onlineEvaluationConfigName']}-Ab12345678"


BEHAVIOURS: Mapping[str, Behaviour] = {
    "aws:bedrock/agentcoreAgentRuntime:AgentcoreAgentRuntime": Behaviour(
        name="agentRuntimeName",
        replaced_by=frozenset({"agentRuntimeName"}),
        id=_runtime_id,
        computed=lambda properties, region: {
            "agentRuntimeId": _runtime_id(properties, region),
            "agentRuntimeArn": (
                f"arn:aws:bedrock-agentcore:{region}:{ACCOUNT}:runtime/{_runtime_id(properties, region)}"
            ),
            "agentRuntimeVersion": "1",
        },
    ),
    "aws:bedrock/agentcoreOnlineEvaluationConfig:AgentcoreOnlineEvaluationConfig": Behaviour(
        name="onlineEvaluationConfigName",
        replaced_by=frozenset({"onlineEvaluationConfigName"}),
        id=_evaluation_id,
        computed=lambda properties, region: {
            "onlineEvaluationConfigId": _evaluation_id(properties, region),
            "onlineEvaluationConfigArn": (
                f"arn:aws:bedrock-agentcore:{region}:{ACCOUNT}:online-evaluation-config/"
                f"{_evaluation_id(properties, region)}"
            ),
            "status": "ACTIVE",
        },
    ),
    "aws:cloudwatch/dashboard:Dashboard": Behaviour(
        name="dashboardName",
        replaced_by=frozenset({"dashboardName"}),
        id=lambda properties, region: str(properties["dashboardName"]),
    ),
    "aws:cloudwatch/eventBus:EventBus": _named("events", "eventSourceName", path="event-bus/"),
    "aws:cloudwatch/eventBusPolicy:EventBusPolicy": _of("eventBusName"),
    "aws:cloudwatch/eventRule:EventRule": _named("events", "eventBusName", path="rule/{eventBusName}/"),
    "aws:cloudwatch/eventTarget:EventTarget": Behaviour(
        replaced_by=frozenset({"rule", "eventBusName", "targetId"}),
        id=lambda properties, region: f"{properties.get('eventBusName', 'default')}-{properties['rule']}",
    ),
    "aws:cloudwatch/logGroup:LogGroup": _named("logs", "logGroupClass", path="log-group:", holds_data=True),
    "aws:cloudwatch/logMetricFilter:LogMetricFilter": Behaviour(
        name="name", replaced_by=frozenset({"name", "logGroupName"})
    ),
    "aws:cloudwatch/metricAlarm:MetricAlarm": _named("cloudwatch", path="alarm:"),
    "aws:cloudwatch/queryDefinition:QueryDefinition": Behaviour(
        id=lambda properties, region: f"query-{properties[SERIAL]}",
        computed=lambda properties, region: {"queryDefinitionId": f"query-{properties[SERIAL]}"},
    ),
    "aws:dynamodb/table:Table": _named("dynamodb", "hashKey", "rangeKey", path="table/", holds_data=True),
    "aws:iam/openIdConnectProvider:OpenIdConnectProvider": Behaviour(
        replaced_by=frozenset({"url"}),
        id=lambda properties, region: _provider_arn(properties),
        computed=lambda properties, region: {"arn": _provider_arn(properties)},
    ),
    "aws:iam/policy:Policy": _named("iam", "path", "description", path="policy/", by_arn=True),
    "aws:iam/role:Role": _named("iam", "path", path="role/"),
    "aws:iam/rolePolicy:RolePolicy": Behaviour(
        name="name",
        replaced_by=frozenset({"name", "role"}),
        id=lambda properties, region: f"{properties['role']}:{properties['name']}",
    ),
    "aws:kms/alias:Alias": _named("kms"),
    "aws:kms/key:Key": Behaviour(
        replaced_by=frozenset({"customerMasterKeySpec", "keyUsage", "multiRegion"}),
        id=lambda properties, region: _key_id(properties),
        computed=lambda properties, region: {
            "keyId": _key_id(properties),
            "arn": f"arn:aws:kms:{region}:{ACCOUNT}:key/{_key_id(properties)}",
        },
        holds_data=True,
    ),
    "aws:lambda/function:Function": _named("lambda", "packageType", path="function:"),
    "aws:s3/bucket:Bucket": Behaviour(
        name="bucket",
        replaced_by=frozenset({"bucket", "objectLockEnabled"}),
        id=lambda properties, region: str(properties["bucket"]),
        computed=lambda properties, region: {"arn": f"arn:aws:s3:::{properties['bucket']}"},
        holds_data=True,
    ),
    "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration": _of("bucket"),
    "aws:s3/bucketObjectv2:BucketObjectv2": Behaviour(
        name="key",
        replaced_by=frozenset({"bucket", "key"}),
        id=lambda properties, region: f"{properties['bucket']}/{properties['key']}",
    ),
    "aws:s3/bucketOwnershipControls:BucketOwnershipControls": _of("bucket"),
    "aws:s3/bucketPolicy:BucketPolicy": _of("bucket"),
    "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock": _of("bucket"),
    "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration": _of("bucket"),
    "aws:s3/bucketVersioning:BucketVersioning": _of("bucket"),
    "aws:scheduler/schedule:Schedule": Behaviour(
        name="name",
        replaced_by=frozenset({"name", "groupName"}),
        id=lambda properties, region: f"{properties['groupName']}/{properties['name']}",
    ),
    "aws:scheduler/scheduleGroup:ScheduleGroup": _named("scheduler", path="schedule-group/"),
    "aws:sfn/stateMachine:StateMachine": _named("states", "type", path="stateMachine:", by_arn=True),
    "aws:sns/topic:Topic": _named("sns", "fifoTopic", by_arn=True),
    "aws:sns/topicPolicy:TopicPolicy": _of("arn"),
    "aws:sns/topicSubscription:TopicSubscription": Behaviour(
        replaced_by=frozenset({"topic", "protocol", "endpoint"}),
        id=lambda properties, region: f"{properties['topic']}:{properties['endpoint']}",
    ),
    "aws:sqs/queue:Queue": Behaviour(
        name="name",
        replaced_by=frozenset({"name", "fifoQueue"}),
        id=_queue,
        computed=lambda properties, region: {
            "arn": f"arn:aws:sqs:{region}:{ACCOUNT}:{properties['name']}",
            "url": _queue(properties, region),
        },
        holds_data=True,
    ),
    "aws:sqs/queuePolicy:QueuePolicy": _of("queueUrl"),
}


def _provider_arn(properties: Properties) -> str:
    return f"arn:aws:iam::{ACCOUNT}:oidc-provider/{str(properties['url']).removeprefix('https://')}"


def _key_id(properties: Properties) -> str:
    return f"00000000-0000-4000-8000-{properties[SERIAL]:012d}"
