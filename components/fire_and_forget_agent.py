"""FireAndForgetAgent: bring an agent's folder, get the whole pipeline that runs it without waiting for it."""

# Annotations are evaluated here, because the schema of the component package is derived from them.
import dataclasses
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pulumi

from components import PROJECT
from components.bundles import build as bundle
from components.context import StackContext
from components.events.event_bus import EventBus, EventBusArgs
from components.events.scheduler import Scheduler, SchedulerArgs
from components.naming import Names
from components.observability.notifications import Notifications, NotificationsArgs
from components.observability.observability import Observability, ObservabilityArgs
from components.permissions import Grant
from components.runtime.agent_runtime import AgentRuntime, AgentRuntimeArgs
from components.runtime.environment import runtime_environment
from components.runtime.model_access import invoke_model
from components.runtime.sessions import AgentSessions, AgentSessionsArgs
from components.settings.model import NotifyOn, Settings
from components.storage.code_bucket import CodeBucket, CodeBucketArgs
from components.storage.encryption_key import EncryptionKey, EncryptionKeyArgs
from components.storage.journal_table import JournalTable, JournalTableArgs
from components.storage.report_bucket import ReportBucket, ReportBucketArgs
from components.workflow.schedule_watch import ScheduleWatch, ScheduleWatchArgs
from components.workflow.workflow import StatusPollWorkflow, StatusPollWorkflowArgs


@dataclass(frozen=True, kw_only=True)
class AgentSources:
    """Where an agent's code comes from.

    Attributes:
        folders: Folders of the project that go into the agent's bundle.
        entry: The file of the project that AgentCore starts; it serves the agent on port 8080.
        dependency_group: The group of the project's pyproject.toml whose packages go into the bundle, as uv.lock pins
            them; among them aws-opentelemetry-distro, which starts the agent.
        project: The folder of pyproject.toml and uv.lock, relative to the working directory or absolute; where it is
            left out, the project that this component belongs to.
    """

    folders: Sequence[str]
    entry: str
    dependency_group: str = "agent"
    project: str | None = None


@dataclass(frozen=True, kw_only=True)
class FireAndForgetAgentArgs:
    """An agent, and how it is run.

    Attributes:
        sources: The agent's code.
        settings: Its model, its budgets, its schedules, and how what it leaves behind is kept.
        grants: What the agent may do in AWS, beyond keeping its journal, reports and conversations, invoking its model,
            and writing its own telemetry.
        environment: Environment variables of the agent's own, beyond those that the harness reads.
        qualifier: Tells the physical names of this agent's resources from those of other agents in the stack; the first
            one needs none.
    """

    sources: AgentSources
    settings: Settings
    grants: Sequence[Grant] = ()
    environment: Mapping[str, str] = dataclasses.field(default_factory=dict)
    qualifier: str = ""


class FireAndForgetAgent(pulumi.ComponentResource):
    """An agent on Amazon Bedrock AgentCore that runs on a schedule or on request, never waited for and never lost.

    An event on the bus asks for a run; a workflow starts the agent, lets go, watches the journal until the run has
    ended, whatever happens to the agent, and announces the outcome on the same bus.

    Attributes:
        event_bus_name: The bus on which runs are requested and their ends are announced.
        journal_table_name: The table in which runs and their steps are kept.
        report_bucket_name: The bucket of reports.
        state_machine_arn: The workflow that takes one run from its event to its outcome.
        cancellation_state_machine_arn: The workflow that marks a run as cancelled.
        agent_runtime_arn: The agent on AgentCore.
        agent_runtime_id: Its id.
        start_function_name: The function that starts a session of the agent.
        stop_function_name: The function that stops one.
        schedules: Name of each schedule in the settings, to its physical name.
        schedule_group_name: The group that the schedules are in.
        alarm_topic_arn: Where alarms are published.
        dashboard_name: The dashboard of this agent's runs.
    """

    event_bus_name: pulumi.Output[str]
    journal_table_name: pulumi.Output[str]
    report_bucket_name: pulumi.Output[str]
    state_machine_arn: pulumi.Output[str]
    cancellation_state_machine_arn: pulumi.Output[str]
    agent_runtime_arn: pulumi.Output[str]
    agent_runtime_id: pulumi.Output[str]
    start_function_name: pulumi.Output[str]
    stop_function_name: pulumi.Output[str]
    schedules: pulumi.Output[Mapping[str, str]]
    schedule_group_name: pulumi.Output[str]
    alarm_topic_arn: pulumi.Output[str]
    dashboard_name: pulumi.Output[str]

    def __init__(self, name: str, args: FireAndForgetAgentArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Build the bundles and declare the pipeline.

        Raises:
            SettingsError: The names that the stack and the qualifier make are not possible.
            BundleError: A bundle cannot be built.
        """
        names = Names(project=pulumi.get_project(), stack=pulumi.get_stack(), qualifier=args.qualifier)
        bundles = _bundles(args.sources)
        super().__init__("agent-runs:index:FireAndForgetAgent", name, None, opts)
        settings, child = args.settings, pulumi.ResourceOptions(parent=self)
        context = StackContext.current(names, settings, parent=self)
        if settings.customer_managed_keys:
            key = EncryptionKey(f"{name}-key", EncryptionKeyArgs(context=context), child)
            context = dataclasses.replace(context, key_arn=key.arn)

        code = CodeBucket(f"{name}-code", CodeBucketArgs(context=context, bundles=bundles), child)
        journal = JournalTable(f"{name}-journal", JournalTableArgs(context=context), child)
        reports = ReportBucket(
            f"{name}-reports",
            ReportBucketArgs(
                context=context,
                report_retention_days=settings.report_retention_days,
                conversation_retention_days=settings.journal_retention_days,
            ),
            child,
        )
        bus = EventBus(f"{name}-events", EventBusArgs(context=context), child)
        runtime = AgentRuntime(
            f"{name}-agent",
            AgentRuntimeArgs(
                context=context,
                code_bucket=code.name,
                code_key=code.keys["agent"],
                environment={
                    **args.environment,
                    **runtime_environment(settings, journal_table=journal.name, report_bucket=reports.name),
                },
                grants=[
                    *journal.read_and_write(),
                    *reports.keep(),
                    *invoke_model(settings.model_id, context),
                    *args.grants,
                ],
                idle_timeout_seconds=settings.budgets.idle_timeout_seconds,
                max_lifetime_seconds=settings.budgets.max_lifetime_seconds,
                subnet_ids=settings.subnet_ids,
                security_group_ids=settings.security_group_ids,
            ),
            child,
        )
        sessions = AgentSessions(
            f"{name}-sessions",
            AgentSessionsArgs(
                context=context,
                runtime=runtime,
                code_bucket=code.name,
                code_key=code.keys["functions"],
                log_level=settings.log_level,
                start_reserved_concurrency=settings.starter_reserved_concurrency,
            ),
            child,
        )
        workflow = StatusPollWorkflow(
            f"{name}-workflow",
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
            child,
        )
        scheduler = Scheduler(
            f"{name}-scheduler",
            SchedulerArgs(
                context=context,
                bus=bus,
                state_machine_arn=workflow.state_machine_arn,
                cancellation_state_machine_arn=workflow.cancellation_state_machine_arn,
                schedules=settings.schedules,
                schedules_enabled=settings.schedules_enabled,
            ),
            child,
        )
        watch = ScheduleWatch(
            f"{name}-watch",
            ScheduleWatchArgs(
                context=context,
                journal=journal,
                schedules=settings.schedules,
                schedules_enabled=settings.schedules_enabled,
                workflow_deadline_seconds=settings.budgets.workflow_deadline_seconds,
                dead_letters=scheduler.undelivered_schedules,
            ),
            child,
        )
        observability = Observability(
            f"{name}-observability",
            ObservabilityArgs(
                context=context,
                settings=settings,
                journal=journal,
                runtime=runtime,
                sessions=sessions,
                workflow=workflow,
                scheduler=scheduler,
                watch=watch,
            ),
            child,
        )
        if settings.notify_on != NotifyOn.NEVER:
            Notifications(
                f"{name}-notifications",
                NotificationsArgs(
                    context=context,
                    bus=bus,
                    topic_arn=observability.topic_arn,
                    notify_on=NotifyOn(settings.notify_on),
                ),
                child,
            )

        self.event_bus_name = bus.name
        self.journal_table_name = journal.name
        self.report_bucket_name = reports.name
        self.state_machine_arn = workflow.state_machine_arn
        self.cancellation_state_machine_arn = workflow.cancellation_state_machine_arn
        self.agent_runtime_arn = runtime.arn
        self.agent_runtime_id = runtime.runtime_id
        self.start_function_name = sessions.start_function_name
        self.stop_function_name = sessions.stop_function_name
        # Not Output.all(**…), which is a list where there are no schedules.
        schedules: pulumi.Output[Any] = pulumi.Output.from_input(scheduler.schedules)
        self.schedules = schedules
        self.schedule_group_name = scheduler.schedule_group_name
        self.alarm_topic_arn = observability.topic_arn
        self.dashboard_name = observability.dashboard_name
        self.register_outputs(self.outputs())

    def outputs(self) -> dict[str, pulumi.Output[Any]]:
        """Whatever this component tells of itself, by name."""
        return {name: getattr(self, name) for name in FireAndForgetAgent.__annotations__}


def _bundles(sources: AgentSources) -> Sequence[bundle.Bundle]:
    recipe = bundle.agent(folders=sources.folders, entry=sources.entry, group=sources.dependency_group)
    project = Path(sources.project).resolve() if sources.project else PROJECT
    # Only what reaches AWS needs bytecode. A bundle's key is the same without it, so a preview shows the same key.
    with_bytecode = not pulumi.runtime.is_dry_run() and os.environ.get(bundle.BYTECODE_VARIABLE) != bundle.OMIT_BYTECODE
    return [
        bundle.build(bundle.FUNCTIONS, progress=pulumi.log.info, with_bytecode=with_bytecode),
        bundle.build(recipe, progress=pulumi.log.info, with_bytecode=with_bytecode, project=project),
    ]
