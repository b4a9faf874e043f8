"""ScheduleWatch: notices a schedule that did not produce a completed run."""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.context import StackContext
from components.events.dead_letters import DeadLetterQueue
from components.events.scheduler import requester, retry_policy
from components.permissions import Grant, ServiceRole, ServiceRoleArgs, only_for
from components.settings.model import ScheduleSettings
from components.storage.journal_table import JournalTable
from components.workflow.definitions.schedule_watch import schedule_watch_definition
from components.workflow.state_machine import StateMachine, StateMachineArgs

# Between the deadline of a run and the question what became of it.
_MARGIN_SECONDS = 600
# A schedule and its watch that are due at the same minute: either may come first.
_SAME_TIME_SECONDS = 300

_RATE = re.compile(r"rate\((\d+) (minute|hour|day)s?\)")
_UNIT_SECONDS = {"minute": 60, "hour": 3_600, "day": 86_400}


@dataclass(frozen=True, kw_only=True)
class Window:
    """Which runs a watch looks for, and when.

    Attributes:
        earlier_seconds: It looks for runs that were requested since so long before it began.
        patience_seconds: It looks for them so long after it began.
    """

    earlier_seconds: int
    patience_seconds: int


def window(schedule: ScheduleSettings, *, workflow_deadline_seconds: int) -> Window:
    """The window in which a sound schedule has at least one completed run, and a failing one has none.

    cron(...) and at(...) name a time, at which the schedule and its watch are both due. The times of rate(...) count
    from when AWS took the schedule (https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html), so its
    watch may be due at any time between two of its runs. It looks back by almost a period: the run before it is the
    last one due, or, where even that one is so long ago, the next one is due within minutes and has ended before the
    watch looks.
    """
    flexible_seconds = schedule.flexible_window_minutes * 60
    patience_seconds = flexible_seconds + workflow_deadline_seconds + _MARGIN_SECONDS
    rate = _RATE.fullmatch(schedule.expression)
    if rate is None:
        return Window(earlier_seconds=_SAME_TIME_SECONDS, patience_seconds=patience_seconds)
    period_seconds = int(rate[1]) * _UNIT_SECONDS[rate[2]]
    # Not the whole period: where both are due at the same time, the run before must not stand in for the one due.
    left_out_seconds = _SAME_TIME_SECONDS + flexible_seconds
    return Window(
        earlier_seconds=max(_SAME_TIME_SECONDS, period_seconds - left_out_seconds),
        patience_seconds=patience_seconds + flexible_seconds,
    )


@dataclass(frozen=True, kw_only=True)
class ScheduleWatchArgs:
    """What is watched.

    Attributes:
        context: The stack's place.
        journal: Where runs are kept.
        schedules: What requests runs.
        schedules_enabled: Whether they do.
        workflow_deadline_seconds: A run has ended after so long.
        dead_letters: Takes what the watch itself could not be given.
    """

    context: StackContext
    journal: JournalTable
    schedules: Sequence[ScheduleSettings]
    schedules_enabled: bool
    workflow_deadline_seconds: int
    dead_letters: DeadLetterQueue


class ScheduleWatch(pulumi.ComponentResource):
    """A second schedule beside each one, with the same expression, that starts a watch rather than a run.

    `window` says which runs that watch looks for.

    An alarm on missing data cannot do it: CloudWatch looks back seven days at most, and schedules may be a month apart,
    move with daylight saving time and start anywhere within a flexible window.

    Attributes:
        state_machine_arn: The machine whose executions fail where a completed run is missing.
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
                description="The watches of schedules, to start",
                service="scheduler.amazonaws.com",
                trust_conditions=only_for(group.arn, context.account_id),
                grants=[
                    Grant(sid="StartWatch", actions=["states:StartExecution"], resources=[machine.arn]),
                    *args.dead_letters.send(),
                ],
                tags=context.tags,
            ),
            opts=child,
        )
        for schedule in args.schedules:
            looked_at = window(schedule, workflow_deadline_seconds=args.workflow_deadline_seconds)
            aws.scheduler.Schedule(
                f"{name}-{schedule.name}",
                name=context.names.of(schedule.name),
                description=f"Asks whether {schedule.name} has produced a completed run",
                group_name=group.name,
                state="ENABLED" if args.schedules_enabled else "DISABLED",
                schedule_expression=schedule.expression,
                schedule_expression_timezone=schedule.time_zone,
                flexible_time_window=aws.scheduler.ScheduleFlexibleTimeWindowArgs(mode="OFF"),
                target=aws.scheduler.ScheduleTargetArgs(
                    arn=machine.arn,
                    role_arn=role.arn,
                    input=json.dumps({"requested_by": requester(schedule), **dataclasses.asdict(looked_at)}),
                    retry_policy=retry_policy(),
                    dead_letter_config=aws.scheduler.ScheduleTargetDeadLetterConfigArgs(arn=args.dead_letters.arn),
                ),
                opts=child,
            )
        self.state_machine_arn = machine.arn
        self.register_outputs({"state_machine_arn": self.state_machine_arn})
