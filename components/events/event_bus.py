"""EventBus: the bus on which runs are requested and their ends are announced."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.context import StackContext
from components.permissions import Grant


@dataclass(frozen=True, kw_only=True)
class EventBusArgs:
    """What the bus needs to know.

    Attributes:
        context: The stack's place.
    """

    context: StackContext


class EventBus(pulumi.ComponentResource):
    """The stack's own event bus.

    It stands apart from the Scheduler because both of its neighbours need it: the scheduler starts the workflow from
    it, and the workflow announces outcomes on it.

    Attributes:
        name: The bus's name.
        arn: The bus's ARN.
    """

    name: pulumi.Output[str]
    arn: pulumi.Output[str]

    def __init__(self, name: str, args: EventBusArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("agent-runs:index:EventBus", name, None, opts)
        bus = aws.cloudwatch.EventBus(
            name,
            name=args.context.names.of("events"),
            description="Requests for agent runs, and their outcomes",
            tags=args.context.tags,
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.name = bus.name
        self.arn = bus.arn
        self.register_outputs({"name": self.name, "arn": self.arn})

    def put(self) -> Sequence[Grant]:
        """Leave to put events on the bus."""
        return [Grant(sid="PutEvents", actions=["events:PutEvents"], resources=[self.arn])]
