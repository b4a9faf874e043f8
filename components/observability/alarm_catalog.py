"""The catalog of alarms: the metric of each one, what it means, and what to do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi

from agent.harness.telemetry import NAMESPACE, StartOutcome
from components.observability.alarms import Alarm, Metric, Query
from components.observability.definitions import metrics

# The metric may have further dimensions (components/observability/definitions/dashboard.py lists them). If it is
# published under several sets of dimensions, an error counts more than once, which does not matter for this alarm.
_SYSTEM_ERRORS = 'SELECT SUM(SystemErrors) FROM "AWS/Bedrock-AgentCore" WHERE Resource = '

# The number of active sessions in the account; `Sessions` counts sessions that were started. AWS documents the metric
# and its dimension: https://docs.aws.amazon.com/bedrock-agentcore/latest/devguide/observability-runtime-metrics.html
_ACTIVE_SESSIONS = Metric(
    namespace="AWS/Bedrock-AgentCore",
    name="ActiveSessionCount",
    dimensions={"Service": "AgentCore.Runtime"},
    statistic="Maximum",
)
# 80% of the default quota of active sessions: 2,500 for an account and region (5,000 in the largest regions).
_MANY_SESSIONS = 2_000

# One throttled start is normal, and the workflow retries it. This many in one period mean that the quota is too low.
_MANY_THROTTLED_STARTS = 10


@dataclass(frozen=True, kw_only=True)
class Watched:
    """The resources that the alarms watch.

    Attributes:
        prefix: The prefix of the names of the agent's resources.
        state_machine_arn: The state machine of runs.
        cancellation_state_machine_arn: The state machine that cancels runs.
        schedule_watch_arn: The state machine that checks schedules for completed runs.
        bus_name: Name of the bus.
        run_requested_rule: Name of the rule that starts the workflow of a request.
        undelivered_requests: Name of the queue of requests that did not start a workflow.
        undelivered_schedules: Name of the queue of events that a schedule could not put on the bus.
        start_function_name: Name of the function that starts sessions.
        agent_runtime_arn: The agent's runtime on AgentCore.
    """

    prefix: str
    state_machine_arn: pulumi.Input[str]
    cancellation_state_machine_arn: pulumi.Input[str]
    schedule_watch_arn: pulumi.Input[str]
    bus_name: pulumi.Input[str]
    run_requested_rule: pulumi.Input[str]
    undelivered_requests: pulumi.Input[str]
    undelivered_schedules: pulumi.Input[str]
    start_function_name: pulumi.Input[str]
    agent_runtime_arn: pulumi.Input[str]


def alarms(watched: Watched) -> Sequence[Alarm]:
    """Return all alarms of one agent."""
    return [*_about_runs(watched), *_about_requests(watched), *_about_starts(watched), *_about_agentcore(watched)]


def _about_runs(watched: Watched) -> Sequence[Alarm]:
    find = "Open the executions, select the failed one, and read its error. Its input contains the session id."
    return [
        Alarm(
            part="runs-failed",
            metric=_executions("Failed", watched.state_machine_arn),
            meaning="A run failed.",
            remedy=f"{find} Fix the cause, then request the run again; after a fault of AWS, redrive it.",
        ),
        Alarm(
            part="runs-timed-out",
            metric=_executions("TimedOut", watched.state_machine_arn),
            meaning="The workflow of a run exceeded its time limit. Its own deadline should have ended it earlier.",
            remedy=f"{find} Find the state in which it stopped. If the agent still works, stop its session.",
        ),
        Alarm(
            part="runs-aborted",
            metric=_executions("Aborted", watched.state_machine_arn),
            meaning="Somebody aborted the workflow of a run, so nothing watches its agent.",
            remedy="Redrive it, so that it watches the run again. Cancel runs with an event instead of aborting them.",
        ),
        Alarm(
            part="runs-lost",
            metric=Metric(namespace=metrics.namespace(watched.prefix), name=metrics.RUNS_LOST),
            meaning="The agent of a run stopped responding in every attempt.",
            remedy=f"{find} Read the end of the agent's log for that session: check for exhausted memory, "
            "a bundle that does not start, or a lease that is too short.",
        ),
        Alarm(
            part="model-unavailable",
            metric=Metric(namespace=metrics.namespace(watched.prefix), name=metrics.MODEL_UNAVAILABLE),
            meaning="An attempt could not reach its model, and handed its run back. The next attempt continues.",
            remedy="Read the failed model calls in the steps of the run. If the model is throttled, ask for a higher "
            "quota or spread the schedules. If Bedrock has a fault, wait, or set another modelId.",
        ),
        Alarm(
            part="run-limit-reached",
            metric=Metric(namespace=metrics.namespace(watched.prefix), name=metrics.LIMIT_CHECKS),
            meaning="As many runs are live as maxLiveRuns allows. Further runs wait or fail, as excessRuns says.",
            remedy="Look in the journal for who requests the runs, and cancel what nobody needs. If all are intended, "
            "raise maxLiveRuns.",
        ),
        Alarm(
            part="cancellations-failed",
            metric=_executions("Failed", watched.cancellation_state_machine_arn),
            meaning="A request to cancel a run failed, and the run may continue.",
            remedy="Open the executions of the cancellation state machine and read the error. If the session_id is "
            "missing, not valid or unknown, send the request again with the EventId of the run's request.",
        ),
        Alarm(
            part="schedule-unanswered",
            metric=_executions("Failed", watched.schedule_watch_arn),
            meaning="A schedule was due, but none of its runs completed in time.",
            remedy="Look for the run in the journal and read its error. If there is no run, check the schedule "
            "and the queues of undelivered events.",
        ),
    ]


def _about_requests(watched: Watched) -> Sequence[Alarm]:
    queues = {
        "undelivered-requests": (
            watched.undelivered_requests,
            "A request did not start a workflow, so the journal has no run for it. It is in a queue.",
            "Read the reason in the message attributes. A request above 256 KiB is too large for a workflow: shorten "
            "it. Fix the reason, send the event again, then delete the message.",
        ),
        "undelivered-schedules": (
            watched.undelivered_schedules,
            "A schedule could not put its event on the bus. The event is in a queue.",
            "Read the reason in the message attributes. Check the role of the schedules and the bus.",
        ),
    }
    return [
        *(
            Alarm(
                part=part,
                metric=Metric(
                    namespace="AWS/SQS",
                    name="ApproximateNumberOfMessagesVisible",
                    dimensions={"QueueName": queue},
                    statistic="Maximum",
                ),
                meaning=meaning,
                remedy=remedy,
            )
            for part, (queue, meaning, remedy) in queues.items()
        ),
        Alarm(
            part="requests-lost",
            # Both dimensions: the bus is not the account's default one.
            metric=Metric(
                namespace="AWS/Events",
                name="InvocationsFailedToBeSentToDlq",
                dimensions={"EventBusName": watched.bus_name, "RuleName": watched.run_requested_rule},
            ),
            meaning="A request did not start a workflow, and the queue of undelivered requests refused it: it is lost.",
            remedy="Find the system that sent it, and send a smaller request again: near 1 MB it is too large for the "
            "queue. If no system sends large requests, check the policy and the key of the queue.",
        ),
    ]


def _about_starts(watched: Watched) -> Sequence[Alarm]:
    name = watched.start_function_name
    return [
        Alarm(
            part="start-errors",
            metric=_of_function("Errors", name),
            meaning="The start function failed. The workflow tries again.",
            remedy="Read the log of the start function. A fault of AWS is temporary; a missing permission is not.",
            # The workflow's retry handles a single error.
            periods=2,
        ),
        Alarm(
            part="start-throttles",
            metric=_of_function("Throttles", name),
            meaning="Lambda throttled the start function. The workflow tries again.",
            remedy="If this many requests are intended, raise starterReservedConcurrency.",
        ),
        Alarm(
            part="starts-throttled",
            metric=Metric(namespace=NAMESPACE, name=StartOutcome.THROTTLED.metric, dimensions={"service": name}),
            meaning="AgentCore throttles new sessions because of a quota. Runs wait until AgentCore accepts them.",
            remedy="Spread the schedules over time, or request a higher quota for sessions.",
            threshold=_MANY_THROTTLED_STARTS,
        ),
    ]


def _about_agentcore(watched: Watched) -> Sequence[Alarm]:
    errors = pulumi.Output.concat(_SYSTEM_ERRORS, "'", watched.agent_runtime_arn, "'")
    return [
        Alarm(
            part="agentcore-errors",
            metric=Query(sql=errors),
            meaning="AgentCore reported system errors. The workflow tries affected runs again.",
            remedy="Check the AWS Health dashboard. If the errors continue, contact AWS Support with a session id.",
            periods=2,
        ),
        Alarm(
            part="many-sessions",
            metric=_ACTIVE_SESSIONS,
            meaning="The account's active sessions on AgentCore are near their quota. Above it, no session starts.",
            remedy="Find the agents that use the sessions. Request a higher quota, or let sessions end earlier.",
            threshold=_MANY_SESSIONS,
        ),
    ]


def _executions(outcome: str, state_machine_arn: pulumi.Input[str]) -> Metric:
    return Metric(
        namespace="AWS/States", name=f"Executions{outcome}", dimensions={"StateMachineArn": state_machine_arn}
    )


def _of_function(name: str, function_name: pulumi.Input[str]) -> Metric:
    return Metric(namespace="AWS/Lambda", name=name, dimensions={"FunctionName": function_name})
