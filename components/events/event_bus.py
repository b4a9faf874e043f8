"""EventBus: the bus for requests and outcomes of runs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.context import StackContext
from components.permissions import Grant


@dataclass(frozen=True, kw_only=True)
class EventBusArgs:
    """Inputs of the bus.

    Attributes:
        context: What the stack's resources share: names, tags, encryption key.
    """

    context: StackContext


class EventBus(pulumi.ComponentResource):
    """The stack's own event bus.

    It is not part of the Scheduler, because the workflow needs it too: the scheduler's rules read requests from it, and
    the workflow puts outcomes on it.

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
        """Return the permission to put events on the bus."""
        return [Grant(sid="PutEvents", actions=["events:PutEvents"], resources=[self.arn])]
