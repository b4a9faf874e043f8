"""StateMachine: a standard workflow with logs, traces and its own role."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.context import StackContext
from components.permissions import Grant, ServiceRole, ServiceRoleArgs, only_for


@dataclass(frozen=True, kw_only=True)
class StateMachineArgs:
    """Inputs of the state machine.

    Attributes:
        context: What the stack's resources share: names, tags, encryption key.
        part: The last part of the state machine's physical name.
        definition: Amazon States Language, as JSON.
        grants: Permissions in addition to writing its own logs and traces.
    """

    context: StackContext
    part: str
    definition: pulumi.Input[str]
    grants: Sequence[Grant]


class StateMachine(pulumi.ComponentResource):
    """A standard workflow.

    Attributes:
        arn: The state machine's ARN.
        role_arn: The ARN of its role.
        log_group_name: The log group of its events. The log contains no inputs and no results.
    """

    arn: pulumi.Output[str]
    role_arn: pulumi.Output[str]
    log_group_name: pulumi.Output[str]

    def __init__(self, name: str, args: StateMachineArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("agent-runs:index:StateMachine", name, None, opts)
        context = args.context
        machine_name = context.names.of(args.part)
        logs = aws.cloudwatch.LogGroup(
            name,
            # For this prefix AWS adds nothing to the account's resource policy for logs, whose size is limited.
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
                description=f"Role of the state machine {machine_name}",
                service="states.amazonaws.com",
                trust_conditions=only_for(context.arn("states", f"stateMachine:{machine_name}"), context.account_id),
                grants=[*args.grants, *_telemetry()],
                permissions_boundary=context.permissions_boundary,
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
                # The metric filters of components/observability count entered states.
                level="ALL",
                # Prompts and findings are only in the execution's history, which IAM protects.
                include_execution_data=False,
                log_destination=pulumi.Output.concat(logs.arn, ":*"),
            ),
            tracing_configuration=aws.sfn.StateMachineTracingConfigurationArgs(enabled=True),
            tags=context.tags,
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.arn = machine.arn
        self.role_arn = role.arn
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
