"""The stack: settings in, components wired, outputs out. What differs between stacks is in `Pulumi.<stack>.yaml`."""

import pulumi

from components import bundle
from components.agent_runtime import AgentRuntime, AgentRuntimeArgs
from components.analysis_access import read_estate
from components.code import CodeBucket, CodeBucketArgs
from components.context import StackContext
from components.events import EventBus, EventBusArgs
from components.journal import JournalTable, JournalTableArgs
from components.models import invoke_model
from components.naming import Names
from components.problems import SettingsError
from components.reports import ReportBucket, ReportBucketArgs
from components.runtime_environment import runtime_environment
from components.scheduler import Scheduler, SchedulerArgs
from components.sessions import AgentSessions, AgentSessionsArgs
from components.stack_config import read_settings
from components.workflow import StatusPollWorkflow, StatusPollWorkflowArgs

try:
    names = Names(project=pulumi.get_project(), stack=pulumi.get_stack())
    settings = read_settings()
    bundles = [bundle.build(recipe, progress=pulumi.log.info) for recipe in (bundle.FUNCTIONS, bundle.AGENT)]
except (SettingsError, bundle.BundleError) as error:
    # Pulumi shows this error as a message, without a traceback.
    raise pulumi.RunError(str(error)) from None

context = StackContext.current(names, settings)

code = CodeBucket("code", CodeBucketArgs(context=context, bundles=bundles))
journal = JournalTable("journal", JournalTableArgs(context=context))
reports = ReportBucket(
    "reports",
    ReportBucketArgs(
        context=context,
        report_retention_days=settings.report_retention_days,
        conversation_retention_days=settings.journal_retention_days,
    ),
)
bus = EventBus("events", EventBusArgs(context=context))

runtime = AgentRuntime(
    "agent",
    AgentRuntimeArgs(
        context=context,
        code_bucket=code.name,
        code_key=code.keys["agent"],
        environment=runtime_environment(settings, journal_table=journal.name, report_bucket=reports.name),
        grants=[
            *journal.read_and_write(),
            *reports.keep_reports(),
            *reports.keep_conversations(),
            *invoke_model(settings.model_id, context),
            *read_estate(context),
        ],
        idle_timeout_seconds=settings.budgets.idle_timeout_seconds,
        max_lifetime_seconds=settings.budgets.max_lifetime_seconds,
    ),
)
sessions = AgentSessions(
    "sessions",
    AgentSessionsArgs(
        context=context,
        runtime=runtime,
        code_bucket=code.name,
        code_key=code.keys["functions"],
        log_level=settings.log_level,
        start_reserved_concurrency=settings.starter_reserved_concurrency,
    ),
)
workflow = StatusPollWorkflow(
    "workflow",
    StatusPollWorkflowArgs(
        context=context,
        journal=journal,
        sessions=sessions,
        bus=bus,
        budgets=settings.budgets,
        max_prompt_characters=settings.max_prompt_characters,
        default_prompt=settings.default_prompt,
        journal_retention_days=settings.journal_retention_days,
    ),
)
scheduler = Scheduler(
    "scheduler",
    SchedulerArgs(
        context=context,
        bus=bus,
        state_machine_arn=workflow.state_machine_arn,
        cancellation_state_machine_arn=workflow.cancellation_state_machine_arn,
        schedules=settings.schedules,
        schedules_enabled=settings.schedules_enabled,
    ),
)

pulumi.export("event_bus_name", bus.name)
pulumi.export("journal_table_name", journal.name)
pulumi.export("report_bucket_name", reports.name)
pulumi.export("state_machine_arn", workflow.state_machine_arn)
pulumi.export("cancellation_state_machine_arn", workflow.cancellation_state_machine_arn)
pulumi.export("agent_runtime_arn", runtime.arn)
pulumi.export("agent_runtime_id", runtime.runtime_id)
pulumi.export("start_function_name", sessions.start_function_name)
pulumi.export("stop_function_name", sessions.stop_function_name)
pulumi.export("schedules", scheduler.schedules)
pulumi.export("schedule_group_name", scheduler.schedule_group_name)
