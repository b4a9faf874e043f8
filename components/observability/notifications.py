"""Notifications: tells people how runs have ended, all of them or those that found something new."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_aws as aws

from components.context import StackContext
from components.events import event_types
from components.events.event_bus import EventBus
from components.settings.model import NotifyOn

# Which outcomes are told, beyond what makes an event an outcome. An outcome without a report has no `changed`.
_TOLD: Mapping[NotifyOn, Mapping[str, Any]] = {
    NotifyOn.ALWAYS: {},
    NotifyOn.CHANGE: {"detail": {"changed": [True]}},
}


def pattern(notify_on: NotifyOn) -> Mapping[str, Any]:
    """The pattern of the outcomes that are told.

    Raises:
        KeyError: For `NotifyOn.NEVER`, which no pattern can say.
    """
    return {"source": [event_types.SOURCE], "detail-type": [event_types.RUN_ENDED], **_TOLD[notify_on]}


@dataclass(frozen=True, kw_only=True)
class NotificationsArgs:
    """What is told to whom.

    Attributes:
        context: The stack's place.
        bus: The bus on which outcomes are announced.
        topic_arn: The topic that takes them; its policy lets EventBridge publish.
        notify_on: Which of them are told; not `NotifyOn.NEVER`.
    """

    context: StackContext
    bus: EventBus
    topic_arn: pulumi.Input[str]
    notify_on: NotifyOn


class Notifications(pulumi.ComponentResource):
    """The rule that passes outcomes on to a topic.

    What cannot be delivered for a day, EventBridge's own limit, is dropped: the outcome is in the journal, and as news
    it is old.

    Attributes:
        rule_name: The rule's name.
    """

    rule_name: pulumi.Output[str]

    def __init__(self, name: str, args: NotificationsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("agent-runs:index:Notifications", name, None, opts)
        rule = aws.cloudwatch.EventRule(
            name,
            name=args.context.names.of("notifications"),
            description=f"Outcomes of runs that people are told of: {args.notify_on}",
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
            # Of the envelope nobody wants to read in an e-mail.
            input_path="$.detail",
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.rule_name = rule.name
        self.register_outputs({"rule_name": self.rule_name})
