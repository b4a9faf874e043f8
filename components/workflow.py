"""StatusPollWorkflow: the state machines that start a run, watch it until it has ended, and cancel it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.context import StackContext
from components.events import EventBus
from components.journal import JournalTable
from components.permissions import Grant, ServiceRole, ServiceRoleArgs, only_for
from components.sessions import AgentSessions
from components.settings import Budgets
from components.workflow_definition import cancellation_definition, definition


@dataclass(frozen=True, kw_only=True)
class StatusPollWorkflowArgs:
    """What the workflow works with.

    Attributes:
        context: The stack's place.
        journal: Where runs are kept.
        sessions: The functions that start and stop sessions.
        bus: Where outcomes are announced.
        budgets: How long everything may take.
        max_prompt_characters: Longer prompts are refused.
        default_prompt: What is asked when an event brings no prompt.
        journal_retention_days: How long the journal keeps a run.
    """

    context: StackContext
    journal: JournalTable
    sessions: AgentSessions
    bus: EventBus
    budgets: Budgets
    max_prompt_characters: int
    default_prompt: str
    journal_retention_days: int


class StatusPollWorkflow(pulumi.ComponentResource):
    """The workflow of a run, and the small one that marks a run as cancelled.

    Attributes:
        state_machine_arn: The machine that an "Agent Run Requested" event starts.
        cancellation_state_machine_arn: The machine that an "Agent Run Cancellation Requested" event starts.
    """

    state_machine_arn: pulumi.Output[str]
    cancellation_state_machine_arn: pulumi.Output[str]

    def __init__(self, name: str, args: StatusPollWorkflowArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("agent-runs:index:StatusPollWorkflow", name, None, opts)
        self.state_machine_arn = self._machine(
            name,
            "workflow",
            args.context,
            [*args.journal.watch(), *args.sessions.invoke(), *args.bus.put()],
            pulumi.Output.all(
                args.journal.name, args.sessions.start_function_arn, args.sessions.stop_function_arn, args.bus.name
            ).apply(
                lambda known: json.dumps(
                    definition(
                        budgets=args.budgets,
                        max_prompt_characters=args.max_prompt_characters,
                        default_prompt=args.default_prompt,
                        journal_retention_days=args.journal_retention_days,
                        table_name=known[0],
                        start_function_arn=known[1],
                        stop_function_arn=known[2],
                        bus_name=known[3],
                    )
                )
            ),
        )
        self.cancellation_state_machine_arn = self._machine(
            f"{name}-cancellation",
            "cancellation",
            args.context,
            args.journal.mark(),
            args.journal.name.apply(
                lambda table_name: json.dumps(
                    cancellation_definition(journal_retention_days=args.journal_retention_days, table_name=table_name)
                )
            ),
        )
        self.register_outputs(
            {
                "state_machine_arn": self.state_machine_arn,
                "cancellation_state_machine_arn": self.cancellation_state_machine_arn,
            }
        )

    def _machine(
        self, name: str, part: str, context: StackContext, grants: Sequence[Grant], source: pulumi.Output[str]
    ) -> pulumi.Output[str]:
        machine_name = context.names.of(part)
        logs = aws.cloudwatch.LogGroup(
            name,
            # Beneath this prefix AWS adds nothing to the account's resource policy for logs, whose size is limited.
            name=f"/aws/vendedlogs/states/{machine_name}",
            retention_in_days=context.log_retention_days,
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
                grants=[*grants, *_telemetry()],
                tags=context.tags,
            ),
            opts=pulumi.ResourceOptions(parent=self),
        )
        machine = aws.sfn.StateMachine(
            name,
            name=machine_name,
            type="STANDARD",
            definition=source,
            role_arn=role.arn,
            logging_configuration=aws.sfn.StateMachineLoggingConfigurationArgs(
                level="ALL",
                # Prompts and findings stay in the execution's history, which IAM guards, and out of the log.
                include_execution_data=False,
                log_destination=pulumi.Output.concat(logs.arn, ":*"),
            ),
            tracing_configuration=aws.sfn.StateMachineTracingConfigurationArgs(enabled=True),
            tags=context.tags,
            opts=pulumi.ResourceOptions(parent=self),
        )
        arn: pulumi.Output[str] = machine.arn
        return arn


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
