"""The topic that receives the alarms and, from the workflow, the outcomes of runs."""

from __future__ import annotations

from collections.abc import Sequence

import pulumi

from components.context import StackContext
from components.permissions import Grant

TOPIC = "alarms"
"""The last part of the topic's physical name."""


def topic_arn(context: StackContext) -> pulumi.Output[str]:
    """Return the topic's ARN. It is computed, because the topic's alarms watch the workflow that publishes to it."""
    return context.arn("sns", context.names.of(TOPIC))


def publish(context: StackContext) -> Sequence[Grant]:
    """Return the permission to publish to the topic."""
    return [
        Grant(sid="SendNotifications", actions=["sns:Publish"], resources=[topic_arn(context)]),
        *context.use_key("UseKeyOfTopic", "sns"),
    ]
