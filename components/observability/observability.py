"""Observability: metrics of runs, alarms and their topic, a dashboard, and saved log queries."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.context import StackContext
from components.events.event_bus import EventBus
from components.events.scheduler import Scheduler
from components.observability.alarm_catalog import Watched, alarms
from components.observability.definitions import log_queries, metrics
from components.observability.definitions.dashboard import View, dashboard
from components.observability.definitions.metrics import LogMetric
from components.observability.notifications import TOPIC
from components.observability.topic_policy import topic_policy
from components.runtime.agent_runtime import AgentRuntime
from components.runtime.evaluation import Evaluation
from components.runtime.sessions import AgentSessions
from components.settings.model import Settings
from components.storage.journal_table import JournalTable
from components.workflow.schedule_watch import ScheduleWatch
from components.workflow.workflow import StatusPollWorkflow


@dataclass(frozen=True, kw_only=True)
class ObservabilityArgs:
    """Inputs of the observability.

    Attributes:
        context: What the stack's resources share: names, tags, encryption key.
        settings: The agent's settings.
        journal: The table of runs.
        runtime: The agent's runtime on AgentCore.
        sessions: The functions that start and stop sessions.
        workflow: The state machines of runs and of cancellations.
        bus: The bus for requests and outcomes.
        scheduler: The schedules and the rules.
        watch: The watch of schedules without a completed run.
        evaluation: The evaluation of the agent's sessions; None without evaluators.
    """

    context: StackContext
    settings: Settings
    journal: JournalTable
    runtime: AgentRuntime
    sessions: AgentSessions
    workflow: StatusPollWorkflow
    bus: EventBus
    scheduler: Scheduler
    watch: ScheduleWatch
    evaluation: Evaluation | None = None


class Observability(pulumi.ComponentResource):
    """What an operator needs to watch runs.

    Attributes:
        topic_arn: The topic of alarms and notifications.
        dashboard_name: The dashboard's name.
    """

    topic_arn: pulumi.Output[str]
    dashboard_name: pulumi.Output[str]

    def __init__(self, name: str, args: ObservabilityArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("agent-runs:index:Observability", name, None, opts)
        self._name, self._args = name, args
        self._child = pulumi.ResourceOptions(parent=self)
        self._count(metrics.WORKFLOW_METRICS, args.workflow.log_group_name)
        self._count(metrics.AGENT_METRICS, args.runtime.log_group_name)
        self.topic_arn = self._topic()
        self.dashboard_name = self._dashboard(self._alarms())
        self._queries()
        self.register_outputs({"topic_arn": self.topic_arn, "dashboard_name": self.dashboard_name})

    def _count(self, log_metrics: Sequence[LogMetric], log_group_name: pulumi.Output[str]) -> None:
        names = self._args.context.names
        for metric in log_metrics:
            aws.cloudwatch.LogMetricFilter(
                f"{self._name}-{metric.name}",
                name=names.of(metric.name),
                log_group_name=log_group_name,
                pattern=metric.pattern,
                metric_transformation=aws.cloudwatch.LogMetricFilterMetricTransformationArgs(
                    namespace=metrics.namespace(names.prefix),
                    name=metric.name,
                    value=metric.value,
                    unit=metric.unit,
                    default_value=metric.default,
                ),
                opts=self._child,
            )

    def _topic(self) -> pulumi.Output[str]:
        context = self._args.context
        topic = aws.sns.Topic(
            self._name,
            name=context.names.of(TOPIC),
            # Without the stack's own key, none at all: an alarm cannot publish under the key that AWS manages.
            kms_master_key_id=context.key_arn,
            tags=context.tags,
            opts=self._child,
        )
        policy = aws.sns.TopicPolicy(
            self._name,
            arn=topic.arn,
            policy=topic_policy(topic.arn, context),
            opts=pulumi.ResourceOptions(parent=topic),
        )
        for address in self._args.settings.alarm_emails:
            aws.sns.TopicSubscription(
                f"{self._name}-{address}",
                topic=topic.arn,
                protocol="email",
                endpoint=address,
                opts=pulumi.ResourceOptions(parent=topic),
            )
        return pulumi.Output.all(topic.arn, policy.id).apply(lambda known: str(known[0]))

    def _alarms(self) -> Sequence[pulumi.Output[str]]:
        context = self._args.context
        links = self._links()
        return [
            alarm.create(
                f"{self._name}-{alarm.part}",
                physical_name=context.names.of(alarm.part),
                links=links,
                actions=[self.topic_arn],
                tags=context.tags,
                opts=self._child,
            ).arn
            for alarm in alarms(self._watched())
        ]

    def _watched(self) -> Watched:
        args = self._args
        return Watched(
            prefix=args.context.names.prefix,
            state_machine_arn=args.workflow.state_machine_arn,
            cancellation_state_machine_arn=args.workflow.cancellation_state_machine_arn,
            schedule_watch_arn=args.watch.state_machine_arn,
            bus_name=args.bus.name,
            run_requested_rule=args.scheduler.run_requested_rule,
            undelivered_requests=args.scheduler.undelivered_requests.name,
            undelivered_schedules=args.scheduler.undelivered_schedules.name,
            start_function_name=args.sessions.start_function_name,
            agent_runtime_arn=args.runtime.arn,
        )

    def _links(self) -> pulumi.Output[str]:
        """Return the links of an alarm's description, which lead to a failed run in fewer than five clicks."""
        args, names = self._args, self._args.context.names
        console = pulumi.Output.concat("https://", args.context.region, ".console.aws.amazon.com/")
        here = pulumi.Output.concat("home?region=", args.context.region, "#")
        return pulumi.Output.concat(
            *("Executions: ", console, "states/", here, "/statemachines/view/", args.workflow.state_machine_arn, "\n"),
            *("Journal: ", console, "dynamodbv2/", here, "item-explorer?table=", args.journal.name, "\n"),
            *("Dashboard: ", console, "cloudwatch/", here, "dashboards/dashboard/", names.of("runs")),
        )

    def _dashboard(self, alarm_arns: Sequence[pulumi.Output[str]]) -> pulumi.Output[str]:
        args, names = self._args, self._args.context.names
        settings = args.settings
        body = pulumi.Output.all(
            region=args.context.region,
            state_machine_arn=args.workflow.state_machine_arn,
            workflow_log_group=args.workflow.log_group_name,
            start_function_name=args.sessions.start_function_name,
            stop_function_name=args.sessions.stop_function_name,
            agent_runtime_arn=args.runtime.arn,
            evaluation_config_id=pulumi.Output.from_input(args.evaluation.config_id if args.evaluation else None),
            alarm_arns=pulumi.Output.all(*alarm_arns),
        ).apply(
            lambda known: json.dumps(
                dashboard(
                    View(
                        prefix=names.prefix,
                        lease_seconds=settings.budgets.lease_seconds,
                        input_token_price=settings.input_token_price,
                        output_token_price=settings.output_token_price,
                        **known,
                    )
                )
            )
        )
        created = aws.cloudwatch.Dashboard(
            self._name, dashboard_name=names.of("runs"), dashboard_body=body, opts=self._child
        )
        name: pulumi.Output[str] = created.dashboard_name
        return name

    def _queries(self) -> None:
        args = self._args
        functions = (args.sessions.start_function_name, args.sessions.stop_function_name)
        everything = [
            args.workflow.log_group_name,
            args.runtime.log_group_name,
            *(pulumi.Output.concat("/aws/lambda/", function) for function in functions),
        ]
        for part, title, query, groups in [
            ("which-runs-failed", "which runs failed", log_queries.FAILED_RUNS, [args.workflow.log_group_name]),
            ("what-happened-in-a-run", "what happened in a run", log_queries.EVENTS_OF_A_RUN, everything),
            (
                "what-do-runs-take",
                "time and tokens of runs",
                log_queries.TIME_AND_TOKENS,
                [args.runtime.log_group_name],
            ),
        ]:
            aws.cloudwatch.QueryDefinition(
                f"{self._name}-{part}",
                # The console shows the part before the slash as a folder.
                name=f"{args.context.names.prefix}/{title}",
                query_string=query,
                log_group_names=groups,
                opts=self._child,
            )
