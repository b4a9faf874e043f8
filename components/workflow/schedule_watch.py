"""ScheduleWatch: detects a schedule that has produced no completed run."""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from agent.event_types import schedule_requester
from components.context import StackContext
from components.events.dead_letters import DeadLetterQueue
from components.events.schedules import retry_policy
from components.permissions import Grant, ServiceRole, ServiceRoleArgs, only_for
from components.settings.schedules import ScheduleSettings
from components.storage.journal_table import JournalTable
from components.workflow.definitions.schedule_watch import schedule_watch_definition
from components.workflow.state_machine import StateMachine, StateMachineArgs

# Time between the deadline of a run and the search for it.
_MARGIN_SECONDS = 600
# If a schedule and its watch are due in the same minute, either may start first.
_SAME_TIME_SECONDS = 300

_RATE = re.compile(r"rate\((\d+) (minute|hour|day)s?\)")
_UNIT_SECONDS = {"minute": 60, "hour": 3_600, "day": 86_400}


@dataclass(frozen=True, kw_only=True)
class Window:
    """Which runs a watch looks for, and when. Both times count from the watch's own start.

    Attributes:
        earlier_seconds: The watch looks for runs that were requested since this long before its start.
        patience_seconds: The watch waits this long before it looks.
    """

    earlier_seconds: int
    patience_seconds: int


def window(schedule: ScheduleSettings, *, workflow_deadline_seconds: int) -> Window:
    """Return the window in which a working schedule has at least one completed run, and a failing one has none.

    With cron(...) and at(...), the schedule and its watch are due at the same time. The times of rate(...) count from
    when AWS accepted the schedule (https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html), so the
    watch may be due at any time between two runs. It therefore looks back almost one period. That includes the previous
    run, or else the next run is due within minutes and has ended before the watch looks.

    Args:
        schedule: The schedule.
        workflow_deadline_seconds: The time after which a run has ended.
    """
    flexible_seconds = schedule.flexible_window_minutes * 60
    patience_seconds = flexible_seconds + workflow_deadline_seconds + _MARGIN_SECONDS
    rate = _RATE.fullmatch(schedule.expression)
    if rate is None:
        return Window(earlier_seconds=_SAME_TIME_SECONDS, patience_seconds=patience_seconds)
    period_seconds = int(rate[1]) * _UNIT_SECONDS[rate[2]]
    # Less than a period: if both are due at the same time, the watch must not see the previous run instead.
    margin_seconds = _SAME_TIME_SECONDS + flexible_seconds
    return Window(
        earlier_seconds=max(_SAME_TIME_SECONDS, period_seconds - margin_seconds),
        patience_seconds=patience_seconds + flexible_seconds,
    )


@dataclass(frozen=True, kw_only=True)
class ScheduleWatchArgs:
    """Inputs of the watch.

    Attributes:
        context: What the stack's resources share: names, tags, encryption key.
        journal: The table of runs.
        schedules: The schedules to watch.
        schedules_enabled: Whether the schedules, and with them their watches, are enabled.
        workflow_deadline_seconds: The time after which a run has ended.
        dead_letters: The queue for starts of a watch that could not be delivered.
    """

    context: StackContext
    journal: JournalTable
    schedules: Sequence[ScheduleSettings]
    schedules_enabled: bool
    workflow_deadline_seconds: int
    dead_letters: DeadLetterQueue


class ScheduleWatch(pulumi.ComponentResource):
    """For each schedule, a second one with the same expression that starts a watch instead of a run.

    `window` computes which runs the watch looks for. An alarm on missing data cannot replace it: CloudWatch looks back
    at most seven days, but schedules may be a month apart, follow daylight saving time and start at any time within a
    flexible window.

    Attributes:
        state_machine_arn: The state machine whose executions fail if there is no completed run.
    """

    state_machine_arn: pulumi.Output[str]

    def __init__(self, name: str, args: ScheduleWatchArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("agent-runs:index:ScheduleWatch", name, None, opts)
        context = args.context
        child = pulumi.ResourceOptions(parent=self)
        machine = StateMachine(
            name,
            StateMachineArgs(
                context=context,
                part="schedule-watch",
                definition=args.journal.name.apply(
                    lambda table: json.dumps(schedule_watch_definition(table_name=table))
                ),
                grants=args.journal.search(),
            ),
            opts=child,
        )
        group = aws.scheduler.ScheduleGroup(name, name=context.names.of("watches"), tags=context.tags, opts=child)
        role = ServiceRole(
            f"{name}-start",
            ServiceRoleArgs(
                name=context.names.of("watches"),
                description="Lets the watches of schedules start their state machine",
                service="scheduler.amazonaws.com",
                trust_conditions=only_for(group.arn, context.account_id),
                grants=[
                    Grant(sid="StartWatch", actions=["states:StartExecution"], resources=[machine.arn]),
                    *args.dead_letters.send(),
                ],
                permissions_boundary=context.permissions_boundary,
                tags=context.tags,
            ),
            opts=child,
        )
        for schedule in args.schedules:
            searched = window(schedule, workflow_deadline_seconds=args.workflow_deadline_seconds)
            aws.scheduler.Schedule(
                f"{name}-{schedule.name}",
                name=context.names.of(schedule.name),
                description=f"Checks that {schedule.name} has produced a completed run",
                group_name=group.name,
                state="ENABLED" if args.schedules_enabled else "DISABLED",
                schedule_expression=schedule.expression,
                schedule_expression_timezone=schedule.time_zone,
                flexible_time_window=aws.scheduler.ScheduleFlexibleTimeWindowArgs(mode="OFF"),
                target=aws.scheduler.ScheduleTargetArgs(
                    arn=machine.arn,
                    role_arn=role.arn,
                    input=json.dumps(
                        {"requested_by": schedule_requester(schedule.name), **dataclasses.asdict(searched)}
                    ),
                    retry_policy=retry_policy(),
                    dead_letter_config=aws.scheduler.ScheduleTargetDeadLetterConfigArgs(arn=args.dead_letters.arn),
                ),
                opts=child,
            )
        self.state_machine_arn = machine.arn
        self.register_outputs({"state_machine_arn": self.state_machine_arn})
