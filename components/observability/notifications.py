"""Notifications: sends the outcomes of runs to a topic, all of them or only changed reports."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_aws as aws

from agent import event_types
from agent.harness.schema import Attribute
from components.context import StackContext
from components.events.event_bus import EventBus
from components.settings.model import NotifyOn

# The part of the event pattern that selects outcomes. An outcome without a report has no `changed`.
_SELECTION: Mapping[NotifyOn, Mapping[str, Any]] = {
    NotifyOn.ALWAYS: {},
    NotifyOn.CHANGE: {"detail": {Attribute.CHANGED: [True]}},
}


def pattern(notify_on: NotifyOn) -> Mapping[str, Any]:
    """Return the event pattern of the outcomes that send a notification.

    Raises:
        KeyError: The argument is `NotifyOn.NEVER`, which has no pattern.
    """
    return {"source": [event_types.SOURCE], "detail-type": [event_types.RUN_ENDED], **_SELECTION[notify_on]}


@dataclass(frozen=True, kw_only=True)
class NotificationsArgs:
    """Inputs of the notifications.

    Attributes:
        context: What the stack's resources share: names, tags, encryption key.
        bus: The bus for outcome events.
        topic_arn: The topic of the notifications. Its policy must let EventBridge publish.
        notify_on: Which outcomes send a notification; not `NotifyOn.NEVER`.
    """

    context: StackContext
    bus: EventBus
    topic_arn: pulumi.Input[str]
    notify_on: NotifyOn


class Notifications(pulumi.ComponentResource):
    """The rule that forwards outcomes to a topic.

    EventBridge drops a notification that it cannot deliver for a day. The outcome is still in the journal.

    Attributes:
        rule_name: The rule's name.
    """

    rule_name: pulumi.Output[str]

    def __init__(self, name: str, args: NotificationsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("agent-runs:index:Notifications", name, None, opts)
        rule = aws.cloudwatch.EventRule(
            name,
            name=args.context.names.of("notifications"),
            description=f"Outcomes of runs that send a notification: {args.notify_on}",
            event_bus_name=args.bus.name,
            event_pattern=json.dumps(pattern(args.notify_on)),
            tags=args.context.tags,
            opts=pulumi.ResourceOptions(parent=self),
        )
        aws.cloudwatch.EventTarget(
            name,
            rule=rule.name,
            event_bus_name=args.bus.name,
            target_id="topic",
            arn=args.topic_arn,
            # Only the detail: the envelope is of no use in an e-mail.
            input_path="$.detail",
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.rule_name = rule.name
        self.register_outputs({"rule_name": self.rule_name})
