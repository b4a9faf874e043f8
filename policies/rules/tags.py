"""Tags: they show who is responsible for a resource, and who pays for it."""

from __future__ import annotations

from collections.abc import Iterator

from . import types
from .resource import Resource

REQUIRED = ("owner", "cost-center")

TAGGED = frozenset(
    {
        types.BUCKET,
        types.IAM_POLICY,
        types.IAM_ROLE,
        types.KEY,
        types.LOG_GROUP,
        types.QUEUE,
        types.TABLE,
        types.TOPIC,
        "aws:bedrock/agentcoreAgentRuntime:AgentcoreAgentRuntime",
        "aws:cloudwatch/compositeAlarm:CompositeAlarm",
        "aws:cloudwatch/eventBus:EventBus",
        "aws:cloudwatch/eventRule:EventRule",
        "aws:cloudwatch/metricAlarm:MetricAlarm",
        "aws:ec2/securityGroup:SecurityGroup",
        "aws:lambda/function:Function",
        "aws:scheduler/scheduleGroup:ScheduleGroup",
        "aws:sfn/stateMachine:StateMachine",
    }
)
"""The types that need the tags: all that support tags except objects, whose bucket has them."""


def required(resource: Resource) -> Iterator[str]:
    """Check that a resource has the required tags."""
    if resource.type not in TAGGED:
        return
    tags = resource.get("tags") or {}
    if missing := [tag for tag in REQUIRED if not tags.get(tag)]:
        yield f"It has no tag {' and no tag '.join(missing)}: add {'it' if len(missing) == 1 else 'them'}"
