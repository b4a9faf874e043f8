"""The parts that a component under test is given: a place in a stack, and its neighbours."""

from __future__ import annotations

import pulumi

from components.context import StackContext
from components.events.dead_letters import DeadLetterQueue, DeadLetterQueueArgs
from components.events.event_bus import EventBus, EventBusArgs
from components.events.scheduler import Scheduler, SchedulerArgs
from components.naming import Names
from components.runtime.agent_runtime import AgentRuntime, AgentRuntimeArgs
from components.runtime.sessions import AgentSessions, AgentSessionsArgs
from components.settings.budgets import Budgets
from components.settings.model import ExcessRuns, NotifyOn, PlatformVersion
from components.settings.schedules import ScheduleSettings
from components.storage.journal_table import JournalTable, JournalTableArgs
from components.storage.report_bucket import ReportBucket, ReportBucketArgs
from components.testing.mocks import ACCOUNT, REGION
from components.workflow.schedule_watch import ScheduleWatch, ScheduleWatchArgs
from components.workflow.workflow import StatusPollWorkflow, StatusPollWorkflowArgs

KEY_ARN = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/test"
TOPIC_ARN = f"arn:aws:sns:{REGION}:{ACCOUNT}:alarms"
WEEKLY = ScheduleSettings(
    name="weekly", expression="cron(0 6 ? * MON *)", time_zone="Europe/Berlin", prompt="Find idle functions."
)


def context(*, protect: bool = False, with_key: bool = False) -> StackContext:
    return StackContext(
        names=Names(project="agent-runs", stack="test"),
        account_id=pulumi.Output.from_input(ACCOUNT),
        region=pulumi.Output.from_input(REGION),
        partition=pulumi.Output.from_input("aws"),
        tags={"owner": "platform"},
        log_retention_days=30,
        protect=protect,
        key_arn=pulumi.Output.from_input(KEY_ARN) if with_key else None,
    )


def event_bus() -> EventBus:
    return EventBus("bus", EventBusArgs(context=context()))


def journal() -> JournalTable:
    return JournalTable("journal", JournalTableArgs(context=context()))


def dead_letters() -> DeadLetterQueue:
    return DeadLetterQueue("dead-letters", DeadLetterQueueArgs(context=context(), part="dead-letters"))


def runtime() -> AgentRuntime:
    return AgentRuntime(
        "runtime",
        AgentRuntimeArgs(
            context=context(),
            code_bucket="code",
            code_key="agent.zip",
            environment={},
            grants=[],
            idle_timeout_seconds=300,
            platform_version=PlatformVersion.V1,
            max_lifetime_seconds=7_200,
        ),
    )


def sessions() -> AgentSessions:
    return AgentSessions(
        "sessions",
        AgentSessionsArgs(
            context=context(),
            runtime=runtime(),
            journal=journal(),
            code_bucket="code",
            code_key="functions.zip",
            log_level="INFO",
        ),
    )


def reports() -> ReportBucket:
    return ReportBucket(
        "reports", ReportBucketArgs(context=context(), report_retention_days=365, conversation_retention_days=90)
    )


def workflow(*, notify_on: NotifyOn = NotifyOn.NEVER, with_key: bool = False) -> StatusPollWorkflow:
    return StatusPollWorkflow(
        "workflow",
        StatusPollWorkflowArgs(
            context=context(with_key=with_key),
            journal=journal(),
            reports=reports(),
            sessions=sessions(),
            bus=event_bus(),
            budgets=Budgets(),
            max_prompt_characters=8_000,
            default_prompt="Analyse.",
            journal_retention_days=90,
            schedules=[WEEKLY],
            max_live_runs=10,
            excess_runs=ExcessRuns.WAIT,
            notify_on=notify_on,
        ),
    )


def scheduler(*, enabled: bool = True) -> Scheduler:
    return Scheduler(
        "scheduler",
        SchedulerArgs(
            context=context(),
            bus=event_bus(),
            state_machine_arn="arn:workflow",
            cancellation_state_machine_arn="arn:cancellation",
            schedules=[WEEKLY],
            schedules_enabled=enabled,
        ),
    )


def schedule_watch(*, enabled: bool = True) -> ScheduleWatch:
    return ScheduleWatch(
        "watch",
        ScheduleWatchArgs(
            context=context(),
            journal=journal(),
            schedules=[WEEKLY],
            schedules_enabled=enabled,
            workflow_deadline_seconds=3_600,
            dead_letters=dead_letters(),
        ),
    )
