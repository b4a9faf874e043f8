"""Scheduler: schedules that request runs, and rules that start the workflow for each request."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from agent import event_types
from components.context import StackContext
from components.events.dead_letters import DeadLetterQueue, DeadLetterQueueArgs
from components.events.event_bus import EventBus
from components.events.schedules import MAX_ATTEMPTS, MAX_EVENT_AGE_SECONDS, retry_policy
from components.permissions import Grant, ServiceRole, ServiceRoleArgs, only_for
from components.settings.schedules import ScheduleSettings


@dataclass(frozen=True, kw_only=True)
class SchedulerArgs:
    """Inputs of the scheduler.

    Attributes:
        context: What the stack's resources share: names, tags, encryption key.
        bus: The bus for requests.
        state_machine_arn: The state machine that a request for a run starts.
        cancellation_state_machine_arn: The state machine that a request to cancel a run starts.
        schedules: The schedules that request runs.
        schedules_enabled: Whether the schedules are enabled. Disabled ones exist too, to be inspected and run by hand.
    """

    context: StackContext
    bus: EventBus
    state_machine_arn: pulumi.Input[str]
    cancellation_state_machine_arn: pulumi.Input[str]
    schedules: Sequence[ScheduleSettings]
    schedules_enabled: bool


class Scheduler(pulumi.ComponentResource):
    """The schedules and the rules, with queues for undelivered events.

    Attributes:
        schedules: Maps the name of each schedule in the settings to its physical name.
        schedule_group_name: The group of the schedules.
        schedules_role_arn: The role with which the schedules request runs.
        run_requested_rule: Name of the rule that starts the workflow of a request.
        undelivered_requests: Queue of requests that did not start an execution.
        undelivered_schedules: Queue of events that a schedule could not put on the bus.
    """

    schedules: dict[str, pulumi.Output[str]]
    schedule_group_name: pulumi.Output[str]
    schedules_role_arn: pulumi.Output[str]
    run_requested_rule: pulumi.Output[str]
    undelivered_requests: DeadLetterQueue
    undelivered_schedules: DeadLetterQueue

    def __init__(self, name: str, args: SchedulerArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("agent-runs:index:Scheduler", name, None, opts)
        self._name = name
        self._args = args
        self._route_requests()
        self._request_on_schedule()
        self.register_outputs({"schedules": self.schedules, "schedule_group_name": self.schedule_group_name})

    def _route_requests(self) -> None:
        args = self._args
        run_requested = self._rule("run-requested", event_types.RUN_REQUESTED)
        cancellation_requested = self._rule("cancellation-requested", event_types.CANCELLATION_REQUESTED)
        self.undelivered_requests = DeadLetterQueue(
            f"{self._name}-undelivered-requests",
            DeadLetterQueueArgs(
                context=args.context,
                part="undelivered-requests",
                rule_arns={"RunRequested": run_requested.arn, "CancellationRequested": cancellation_requested.arn},
            ),
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.run_requested_rule = run_requested.name
        self._target("run-requested", run_requested, args.state_machine_arn)
        self._target("cancellation-requested", cancellation_requested, args.cancellation_state_machine_arn)

    def _rule(self, name: str, detail_type: str) -> aws.cloudwatch.EventRule:
        context = self._args.context
        return aws.cloudwatch.EventRule(
            f"{self._name}-{name}",
            name=context.names.of(name),
            description=f'Events "{detail_type}"',
            event_bus_name=self._args.bus.name,
            event_pattern=json.dumps({"detail-type": [detail_type]}),
            tags=context.tags,
            opts=pulumi.ResourceOptions(parent=self),
        )

    def _target(self, name: str, rule: aws.cloudwatch.EventRule, machine_arn: pulumi.Input[str]) -> None:
        """Let a rule start a state machine with the whole event.

        The state machine picks the members that it needs. EventBridge does not escape what it inserts into a template.
        """
        context = self._args.context
        role = ServiceRole(
            f"{self._name}-{name}",
            ServiceRoleArgs(
                name=context.names.of(name),
                description=f"Lets the rule {context.names.of(name)} start its state machine",
                service="events.amazonaws.com",
                trust_conditions=only_for(rule.arn, context.account_id),
                grants=[Grant(sid="StartWorkflow", actions=["states:StartExecution"], resources=[machine_arn])],
                permissions_boundary=context.permissions_boundary,
                tags=context.tags,
            ),
            opts=pulumi.ResourceOptions(parent=self),
        )
        aws.cloudwatch.EventTarget(
            f"{self._name}-{name}",
            rule=rule.name,
            event_bus_name=self._args.bus.name,
            target_id="workflow",
            arn=machine_arn,
            role_arn=role.arn,
            retry_policy=aws.cloudwatch.EventTargetRetryPolicyArgs(
                maximum_event_age_in_seconds=MAX_EVENT_AGE_SECONDS, maximum_retry_attempts=MAX_ATTEMPTS
            ),
            dead_letter_config=aws.cloudwatch.EventTargetDeadLetterConfigArgs(arn=self.undelivered_requests.arn),
            opts=pulumi.ResourceOptions(parent=self),
        )

    def _request_on_schedule(self) -> None:
        args, context = self._args, self._args.context
        group = aws.scheduler.ScheduleGroup(
            self._name,
            name=context.names.of("schedules"),
            tags=context.tags,
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.undelivered_schedules = DeadLetterQueue(
            f"{self._name}-undelivered-schedules",
            DeadLetterQueueArgs(context=context, part="undelivered-schedules"),
            opts=pulumi.ResourceOptions(parent=self),
        )
        role = ServiceRole(
            f"{self._name}-schedules",
            ServiceRoleArgs(
                name=context.names.of("schedules"),
                description="Lets the schedules request runs",
                service="scheduler.amazonaws.com",
                # EventBridge Scheduler passes the group as the source, not the single schedule.
                trust_conditions=only_for(group.arn, context.account_id),
                grants=[*args.bus.put(), *self.undelivered_schedules.send()],
                permissions_boundary=context.permissions_boundary,
                tags=context.tags,
            ),
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.schedule_group_name = group.name
        self.schedules_role_arn = role.arn
        self.schedules = {schedule.name: self._schedule(schedule, group.name, role.arn) for schedule in args.schedules}

    def _schedule(
        self, schedule: ScheduleSettings, group_name: pulumi.Output[str], role_arn: pulumi.Output[str]
    ) -> pulumi.Output[str]:
        detail = {"requested_by": event_types.schedule_requester(schedule.name)}
        if schedule.prompt is not None:
            detail["prompt"] = schedule.prompt
        minutes = schedule.flexible_window_minutes
        created = aws.scheduler.Schedule(
            f"{self._name}-{schedule.name}",
            name=self._args.context.names.of(schedule.name),
            description=f"Requests an agent run: {schedule.name}",
            group_name=group_name,
            state="ENABLED" if self._args.schedules_enabled else "DISABLED",
            schedule_expression=schedule.expression,
            schedule_expression_timezone=schedule.time_zone,
            flexible_time_window=aws.scheduler.ScheduleFlexibleTimeWindowArgs(
                mode="FLEXIBLE" if minutes else "OFF", maximum_window_in_minutes=minutes or None
            ),
            target=aws.scheduler.ScheduleTargetArgs(
                arn=self._args.bus.arn,
                role_arn=role_arn,
                eventbridge_parameters=aws.scheduler.ScheduleTargetEventbridgeParametersArgs(
                    detail_type=event_types.RUN_REQUESTED, source=event_types.SCHEDULE_SOURCE
                ),
                input=json.dumps(detail),
                retry_policy=retry_policy(),
                dead_letter_config=aws.scheduler.ScheduleTargetDeadLetterConfigArgs(arn=self.undelivered_schedules.arn),
            ),
            opts=pulumi.ResourceOptions(parent=self),
        )
        name: pulumi.Output[str] = created.name
        return name
