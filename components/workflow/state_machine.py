"""StateMachine: a workflow as every workflow of this program is: logged, traced, under a role of its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.context import StackContext
from components.permissions import Grant, ServiceRole, ServiceRoleArgs, only_for


@dataclass(frozen=True, kw_only=True)
class StateMachineArgs:
    """What the machine does, and what it may do.

    Attributes:
        context: The stack's place.
        part: The machine's part of its physical name.
        definition: Amazon States Language, as JSON.
        grants: What the machine may do, beyond writing its own logs and traces.
    """

    context: StackContext
    part: str
    definition: pulumi.Input[str]
    grants: Sequence[Grant]


class StateMachine(pulumi.ComponentResource):
    """A standard workflow.

    Attributes:
        arn: The machine's ARN.
        log_group_name: Where its events are logged, without what its executions work on.
    """

    arn: pulumi.Output[str]
    log_group_name: pulumi.Output[str]

    def __init__(self, name: str, args: StateMachineArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("agent-runs:index:StateMachine", name, None, opts)
        context = args.context
        machine_name = context.names.of(args.part)
        logs = aws.cloudwatch.LogGroup(
            name,
            # Beneath this prefix AWS adds nothing to the account's resource policy for logs, whose size is limited.
            name=f"/aws/vendedlogs/states/{machine_name}",
            retention_in_days=context.log_retention_days,
            kms_key_id=context.key_arn,
            tags=context.tags,
            opts=pulumi.ResourceOptions(parent=self),
        )
        role = ServiceRole(
            name,
            ServiceRoleArgs(
                name=machine_name,
                description=f"The state machine {machine_name}",
                service="states.amazonaws.com",
                trust_conditions=only_for(context.arn("states", f"stateMachine:{machine_name}"), context.account_id),
                grants=[*args.grants, *_telemetry()],
                tags=context.tags,
            ),
            opts=pulumi.ResourceOptions(parent=self),
        )
        machine = aws.sfn.StateMachine(
            name,
            name=machine_name,
            type="STANDARD",
            definition=args.definition,
            role_arn=role.arn,
            logging_configuration=aws.sfn.StateMachineLoggingConfigurationArgs(
                # The metric filters of components/observability count the states that are entered.
                level="ALL",
                # Prompts and findings stay in the execution's history, which IAM guards, and out of the log.
                include_execution_data=False,
                log_destination=pulumi.Output.concat(logs.arn, ":*"),
            ),
            tracing_configuration=aws.sfn.StateMachineTracingConfigurationArgs(enabled=True),
            tags=context.tags,
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.arn = machine.arn
        self.log_group_name = logs.name
        self.register_outputs({"arn": self.arn, "log_group_name": self.log_group_name})


def _telemetry() -> Sequence[Grant]:
    return [
        Grant(
            sid="DeliverLogs",
            actions=[
                "logs:CreateLogDelivery",
                "logs:GetLogDelivery",
                "logs:UpdateLogDelivery",
                "logs:DeleteLogDelivery",
                "logs:ListLogDeliveries",
                "logs:PutResourcePolicy",
                "logs:DescribeResourcePolicies",
                "logs:DescribeLogGroups",
            ],
            resources=["*"],
            reason="CloudWatch Logs has no resources for log deliveries.",
        ),
        Grant(
            sid="Traces",
            actions=[
                "xray:PutTraceSegments",
                "xray:PutTelemetryRecords",
                "xray:GetSamplingRules",
                "xray:GetSamplingTargets",
            ],
            resources=["*"],
            reason="X-Ray has no resources for these actions.",
        ),
    ]
