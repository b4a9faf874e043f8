"""FireAndForgetAgent: the whole pipeline that runs an agent on a schedule or on request."""

# Annotations are evaluated here, because the schema of the component package is derived from them.
import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pulumi

from components.bundles.build import Bundle
from components.bundles.model_factory import check_model_factory
from components.context import StackContext
from components.events.bus_policy import BusPolicy, BusPolicyArgs
from components.events.event_bus import EventBus, EventBusArgs
from components.events.scheduler import Scheduler, SchedulerArgs
from components.naming import Names
from components.observability.observability import Observability, ObservabilityArgs
from components.permissions import Grant
from components.runtime.agent_runtime import AgentRuntime, AgentRuntimeArgs
from components.runtime.environment import runtime_environment
from components.runtime.evaluation import Evaluation, EvaluationArgs
from components.runtime.model_access import invoke_model
from components.runtime.sessions import AgentSessions, AgentSessionsArgs
from components.settings.model import ExcessRuns, NotifyOn, PlatformVersion, Settings
from components.storage.code_bucket import CodeBucket, CodeBucketArgs
from components.storage.encryption_key import EncryptionKey, EncryptionKeyArgs
from components.storage.journal_table import JournalTable, JournalTableArgs
from components.storage.report_bucket import ReportBucket, ReportBucketArgs
from components.workflow.schedule_watch import ScheduleWatch, ScheduleWatchArgs
from components.workflow.workflow import StatusPollWorkflow, StatusPollWorkflowArgs


@dataclass(frozen=True, kw_only=True)
class FireAndForgetAgentArgs:
    """An agent, and how it is run.

    Attributes:
        bundles: The agent's bundle and that of the functions, from `build_bundles`.
        settings: The agent's model, budgets and schedules, and the retention and protection of its data.
        grants: The agent's permissions in AWS. Each agent can also use its journal, reports and conversations, invoke
            its model and write its telemetry.
        environment: Environment variables of the agent's own, in addition to those of the harness.
        qualifier: Part of the physical names of this agent's resources, to distinguish them from those of other agents
            in the stack. The first agent needs none.
    """

    bundles: Sequence[Bundle]
    settings: Settings
    grants: Sequence[Grant] = ()
    environment: Mapping[str, str] = dataclasses.field(default_factory=dict)
    qualifier: str = ""


class FireAndForgetAgent(pulumi.ComponentResource):
    """An agent on Amazon Bedrock AgentCore that runs on a schedule or on request.

    An event on the bus requests a run. A workflow starts the agent without waiting for its answer, checks the journal
    until the run has ended, and announces the outcome on the same bus. It also detects an agent that has died.

    Attributes:
        event_bus_name: Name of the bus for requests and outcomes of runs.
        journal_table_name: Name of the table with the runs and their steps.
        report_bucket_name: Name of the bucket with the reports.
        state_machine_arn: ARN of the workflow that takes a run from its event to its outcome.
        cancellation_state_machine_arn: ARN of the workflow that marks a run as cancelled.
        agent_runtime_arn: ARN of the agent on AgentCore.
        agent_runtime_id: Id of the agent on AgentCore.
        start_function_name: Name of the function that starts a session of the agent.
        stop_function_name: Name of the function that stops a session of the agent.
        schedules: Physical name of each schedule, by its name in the settings.
        schedule_group_name: Name of the group that contains the schedules.
        alarm_topic_arn: ARN of the topic that receives alarms.
        dashboard_name: Name of the dashboard of this agent's runs.
        log_group_names: Name of the log group of the agent, and of the functions that start and stop its sessions.
        max_attempts: How many attempts a run has.
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
    log_group_names: pulumi.Output[Mapping[str, str]]
    max_attempts: pulumi.Output[int]

    def __init__(self, name: str, args: FireAndForgetAgentArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Declare the pipeline.

        Raises:
            NamesError: The names of the project, the stack and the agent cannot become resource names.
            SettingsError: The agent's bundle does not contain the model factory.
        """
        check_model_factory(args.bundles, args.settings.model_factory)
        names = Names(project=pulumi.get_project(), stack=pulumi.get_stack(), qualifier=args.qualifier)
        super().__init__("agent-runs:index:FireAndForgetAgent", name, None, opts)
        settings, child = args.settings, pulumi.ResourceOptions(parent=self)
        context = StackContext.current(names, settings, parent=self)
        if settings.customer_managed_keys:
            key = EncryptionKey(
                f"{name}-key", EncryptionKeyArgs(context=context, evaluated=bool(settings.evaluators)), child
            )
            context = dataclasses.replace(context, key_arn=key.arn)

        code = CodeBucket(f"{name}-code", CodeBucketArgs(context=context, bundles=args.bundles), child)
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
                    *invoke_model(settings.model_id, settings.base_model_id, context),
                    *args.grants,
                ],
                idle_timeout_seconds=settings.budgets.idle_timeout_seconds,
                max_lifetime_seconds=settings.budgets.max_lifetime_seconds,
                platform_version=PlatformVersion(settings.platform_version),
                subnet_ids=settings.subnet_ids,
                security_group_ids=settings.security_group_ids,
            ),
            child,
        )
        evaluation = None
        if settings.evaluation_percentage is not None:
            evaluation = Evaluation(
                f"{name}-evaluation",
                EvaluationArgs(
                    context=context,
                    runtime=runtime,
                    percentage=settings.evaluation_percentage,
                    evaluators=settings.evaluators,
                ),
                child,
            )
        sessions = AgentSessions(
            f"{name}-sessions",
            AgentSessionsArgs(
                context=context,
                runtime=runtime,
                journal=journal,
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
                reports=reports,
                sessions=sessions,
                bus=bus,
                budgets=settings.budgets,
                max_prompt_characters=settings.max_prompt_characters,
                default_prompt=settings.default_prompt,
                journal_retention_days=settings.journal_retention_days,
                schedules=settings.schedules,
                max_live_runs=settings.max_live_runs,
                excess_runs=ExcessRuns(settings.excess_runs),
                notify_on=NotifyOn(settings.notify_on),
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
        BusPolicy(
            f"{name}-events-policy",
            BusPolicyArgs(
                bus=bus, schedules_role_arn=scheduler.schedules_role_arn, workflow_role_arn=workflow.role_arn
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
                evaluation=evaluation,
                sessions=sessions,
                workflow=workflow,
                bus=bus,
                scheduler=scheduler,
                watch=watch,
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
        # Without schedules, Output.all(**…) would be a list.
        schedules: pulumi.Output[Any] = pulumi.Output.from_input(scheduler.schedules)
        self.schedules = schedules
        self.schedule_group_name = scheduler.schedule_group_name
        self.alarm_topic_arn = observability.topic_arn
        self.dashboard_name = observability.dashboard_name
        log_groups: pulumi.Output[Any] = pulumi.Output.all(agent=runtime.log_group_name, **sessions.log_group_names)
        self.log_group_names = log_groups
        self.max_attempts = pulumi.Output.from_input(settings.budgets.max_attempts)
        self.register_outputs(self.outputs())

    def outputs(self) -> dict[str, pulumi.Output[Any]]:
        """Return the component's outputs by name."""
        return {name: getattr(self, name) for name in FireAndForgetAgent.__annotations__}
