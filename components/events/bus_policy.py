"""BusPolicy: lets nobody else speak as the schedules or as the workflow."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_aws as aws

from agent import event_types
from components.events.event_bus import EventBus


@dataclass(frozen=True, kw_only=True)
class BusPolicyArgs:
    """Inputs of the policy.

    Attributes:
        bus: The bus for requests and outcomes.
        schedules_role_arn: The role with which the schedules request runs.
        workflow_role_arn: The role with which the workflow announces outcomes.
    """

    bus: EventBus
    schedules_role_arn: pulumi.Input[str]
    workflow_role_arn: pulumi.Input[str]


class BusPolicy(pulumi.ComponentResource):
    """The resource policy of the bus.

    It only denies. Who may put other events on the bus is a matter of their own policies, as before.

    Attributes:
        policy: The policy, as JSON.
    """

    policy: pulumi.Output[str]

    def __init__(self, name: str, args: BusPolicyArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("agent-runs:index:BusPolicy", name, None, opts)

        def only(sid: str, role_arn: pulumi.Input[str], key: str, value: str) -> dict[str, Any]:
            return {
                "Sid": sid,
                "Effect": "Deny",
                "Principal": "*",
                "Action": "events:PutEvents",
                "Resource": args.bus.arn,
                "Condition": {
                    # A request may have several entries: one of them is enough.
                    "ForAnyValue:StringEquals": {key: value},
                    # Also true without a role, as for a service that acts on its own behalf.
                    "ArnNotEquals": {"aws:PrincipalArn": role_arn},
                },
            }

        statements = [
            only("OnlySchedules", args.schedules_role_arn, "events:source", event_types.SCHEDULE_SOURCE),
            only("OnlyWorkflow", args.workflow_role_arn, "events:source", event_types.SOURCE),
            # Rules of others may look at the type of the event only.
            only("OnlyWorkflowAnnounces", args.workflow_role_arn, "events:detail-type", event_types.RUN_ENDED),
        ]
        self.policy = pulumi.Output.json_dumps({"Version": "2012-10-17", "Statement": statements})
        aws.cloudwatch.EventBusPolicy(
            name,
            event_bus_name=args.bus.name,
            policy=self.policy,
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.register_outputs({"policy": self.policy})
