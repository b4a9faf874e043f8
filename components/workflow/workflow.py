"""StatusPollWorkflow: the state machines that run and cancel agent runs."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

import pulumi

from agent.event_types import schedule_requester
from components.context import StackContext
from components.events.event_bus import EventBus
from components.observability import notifications
from components.runtime.sessions import AgentSessions
from components.settings.budgets import Budgets
from components.settings.model import ExcessRuns, NotifyOn
from components.settings.schedules import Overlap, ScheduleSettings
from components.storage.journal_table import JournalTable
from components.storage.report_bucket import ReportBucket
from components.workflow.definitions.cancellation import cancellation_definition
from components.workflow.definitions.run import definition
from components.workflow.state_machine import StateMachine, StateMachineArgs


@dataclass(frozen=True, kw_only=True)
class StatusPollWorkflowArgs:
    """Inputs of the workflow.

    Attributes:
        context: What the stack's resources share: names, tags, encryption key.
        journal: The table of runs.
        reports: The bucket of the reports.
        sessions: The functions that start and stop sessions.
        bus: The bus for outcome events.
        budgets: Time limits of a run.
        max_prompt_characters: Longest prompt that is accepted.
        default_prompt: The prompt of a run whose event has none.
        journal_retention_days: How long the journal keeps a run.
        schedules: The schedules that request runs.
        max_live_runs: How many runs may be live at the same time.
        excess_runs: What happens to a run beyond this limit.
        notify_on: Which outcomes send a notification.
    """

    context: StackContext
    journal: JournalTable
    reports: ReportBucket
    sessions: AgentSessions
    bus: EventBus
    budgets: Budgets
    max_prompt_characters: int
    default_prompt: str
    journal_retention_days: int
    schedules: Sequence[ScheduleSettings]
    max_live_runs: int
    excess_runs: ExcessRuns
    notify_on: NotifyOn


class StatusPollWorkflow(pulumi.ComponentResource):
    """The state machine of a run, and the one that marks a run for cancellation.

    Attributes:
        state_machine_arn: The state machine that an "Agent Run Requested" event starts.
        cancellation_state_machine_arn: Started by an "Agent Run Cancellation Requested" event.
        role_arn: The role of the state machine of runs.
        log_group_name: The log group of the state machine of runs.
    """

    state_machine_arn: pulumi.Output[str]
    cancellation_state_machine_arn: pulumi.Output[str]
    role_arn: pulumi.Output[str]
    log_group_name: pulumi.Output[str]

    def __init__(self, name: str, args: StatusPollWorkflowArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("agent-runs:index:StatusPollWorkflow", name, None, opts)
        overlaps = {
            schedule_requester(schedule.name): Overlap(schedule.overlap)
            for schedule in args.schedules
            if schedule.overlap != Overlap.ALLOW
        }
        workflow = StateMachine(
            name,
            StateMachineArgs(
                context=args.context,
                part="workflow",
                grants=[
                    *args.journal.watch(),
                    *args.sessions.invoke(),
                    *args.bus.put(),
                    *([] if args.notify_on == NotifyOn.NEVER else notifications.publish(args.context)),
                ],
                definition=pulumi.Output.all(
                    table_name=args.journal.name,
                    start_function_arn=args.sessions.start_function_arn,
                    stop_function_arn=args.sessions.stop_function_arn,
                    bus_name=args.bus.name,
                    report_bucket=args.reports.name,
                    topic_arn=notifications.topic_arn(args.context),
                ).apply(
                    lambda known: json.dumps(
                        definition(
                            budgets=args.budgets,
                            max_prompt_characters=args.max_prompt_characters,
                            default_prompt=args.default_prompt,
                            journal_retention_days=args.journal_retention_days,
                            overlaps=overlaps,
                            max_live_runs=args.max_live_runs,
                            excess_runs=args.excess_runs,
                            notify_on=args.notify_on,
                            **known,
                        )
                    )
                ),
            ),
            opts=pulumi.ResourceOptions(parent=self),
        )
        cancellation = StateMachine(
            f"{name}-cancellation",
            StateMachineArgs(
                context=args.context,
                part="cancellation",
                grants=args.journal.mark(),
                definition=args.journal.name.apply(lambda table: json.dumps(cancellation_definition(table_name=table))),
            ),
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.state_machine_arn = workflow.arn
        self.cancellation_state_machine_arn = cancellation.arn
        self.role_arn = workflow.role_arn
        self.log_group_name = workflow.log_group_name
        self.register_outputs(
            {
                "state_machine_arn": self.state_machine_arn,
                "cancellation_state_machine_arn": self.cancellation_state_machine_arn,
                "log_group_name": self.log_group_name,
            }
        )
