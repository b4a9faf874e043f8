"""Which alarms there are: what each of them looks at, what it means, and what to do about it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi

from components.observability.alarms import Alarm, Metric, Query
from components.observability.definitions import metrics

# The metric may have other dimensions too (components/observability/definitions/dashboard.py lists them). Where it is
# published under several sets of them, an error counts more than once, which makes no difference to this alarm.
_SYSTEM_ERRORS = 'SELECT SUM(SystemErrors) FROM "AWS/Bedrock-AgentCore" WHERE Resource = '

# How many sessions of the account are active, unlike `Sessions`, which counts those that are begun. AWS describes it
# in https://docs.aws.amazon.com/bedrock-agentcore/latest/devguide/observability-runtime-metrics.html without its
# dimension, which is known from accounts that have it (github.com/Boise-State-Development/agentcore-public-stack).
_ACTIVE_SESSIONS = Metric(
    namespace="AWS/Bedrock-AgentCore",
    name="ActiveSessionCount",
    dimensions={"Service": "AgentCore.Runtime"},
    statistic="Maximum",
)
# Of the active sessions that an account may have in any region, 2,500 by default (5,000 in the largest), four fifths.
_MANY_SESSIONS = 2_000

# One throttled start is an ordinary thing, which the workflow waits out; as many as this are a quota that is too low.
_MANY_THROTTLED_STARTS = 10


@dataclass(frozen=True, kw_only=True)
class Watched:
    """What is looked at.

    Attributes:
        prefix: What the names of the agent's resources begin with.
        state_machine_arn: The workflow of runs.
        cancellation_state_machine_arn: The workflow that cancels them.
        schedule_watch_arn: The workflow that looks for what a schedule has produced.
        undelivered_requests: Name of the queue of requests that started no workflow.
        undelivered_schedules: Name of the queue of schedules' events that did not arrive.
        start_function_name: The function that starts sessions.
        agent_runtime_arn: The agent on AgentCore.
    """

    prefix: str
    state_machine_arn: pulumi.Input[str]
    cancellation_state_machine_arn: pulumi.Input[str]
    schedule_watch_arn: pulumi.Input[str]
    undelivered_requests: pulumi.Input[str]
    undelivered_schedules: pulumi.Input[str]
    start_function_name: pulumi.Input[str]
    agent_runtime_arn: pulumi.Input[str]


def alarms(watched: Watched) -> Sequence[Alarm]:
    """Every alarm of one agent."""
    return [*_about_runs(watched), *_about_requests(watched), *_about_starts(watched), *_about_agentcore(watched)]


def _about_runs(watched: Watched) -> Sequence[Alarm]:
    find = "Open the executions, choose the failed one, and read its error; its input names the session."
    return [
        Alarm(
            part="runs-failed",
            metric=_executions("Failed", watched.state_machine_arn),
            meaning="A run has failed.",
            remedy=f"{find} Mend the cause, then request the run again; redrive it if AWS was at fault.",
        ),
        Alarm(
            part="runs-timed-out",
            metric=_executions("TimedOut", watched.state_machine_arn),
            meaning="A run's workflow ran into the limit behind its own deadline, which a sound one never does.",
            remedy=f"{find} See in which state it stayed, and stop the agent's session if it still works.",
        ),
        Alarm(
            part="runs-aborted",
            metric=_executions("Aborted", watched.state_machine_arn),
            meaning="Somebody has aborted a run's workflow, so nobody watches its agent.",
            remedy="Stop the agent's session, or let it finish; cancel runs by an event rather than by aborting.",
        ),
        Alarm(
            part="runs-lost",
            metric=Metric(namespace=metrics.namespace(watched.prefix), name=metrics.RUNS_LOST),
            meaning="The agent of a run died in every attempt without a word.",
            remedy=f"{find} The end of the agent's log for that session says how far it came: look for memory, "
            "for a bundle that does not start, or for a lease that is too short.",
        ),
        Alarm(
            part="cancellations-failed",
            metric=_executions("Failed", watched.cancellation_state_machine_arn),
            meaning="A request to cancel a run was not carried out, and the run may go on.",
            remedy="Open the workflow's cancellation machine; if the request names no run, send it again with one.",
        ),
        Alarm(
            part="schedule-unanswered",
            metric=_executions("Failed", watched.schedule_watch_arn),
            meaning="A schedule was due, and no run of it has completed in the time that a run may take.",
            remedy="If there is such a run in the journal, its error says why. If there is none, look at the schedule "
            "and at the queues of undelivered events.",
        ),
    ]


def _about_requests(watched: Watched) -> Sequence[Alarm]:
    queues = {
        "undelivered-requests": (
            watched.undelivered_requests,
            "A request did not start its workflow, and lies in a queue.",
            "Its message attributes say why. Put the event on the bus again once that is mended, and delete it.",
        ),
        "undelivered-schedules": (
            watched.undelivered_schedules,
            "A schedule could not put its event on the bus, and the event lies in a queue.",
            "Its message attributes say why. See that the schedules' role and the bus are as declared.",
        ),
    }
    return [
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
    ]


def _about_starts(watched: Watched) -> Sequence[Alarm]:
    name = watched.start_function_name
    return [
        Alarm(
            part="start-errors",
            metric=_of_function("Errors", name),
            meaning="Starting a session of the agent has failed; the workflow tries again.",
            remedy="Read the start function's log. AWS's own faults pass; a missing permission does not.",
            # One can be a hiccup that the workflow's next try has mended by now.
            periods=2,
        ),
        Alarm(
            part="start-throttles",
            metric=_of_function("Throttles", name),
            meaning="Lambda had no room for the start function; the workflow tries again.",
            remedy="If runs are really requested so fast, raise starterReservedConcurrency.",
        ),
        Alarm(
            part="starts-throttled",
            metric=Metric(
                namespace=metrics.FUNCTIONS_NAMESPACE, name=metrics.STARTS_THROTTLED, dimensions={"service": name}
            ),
            meaning="AgentCore refuses new sessions for want of quota; runs wait until it takes them.",
            remedy="Spread the schedules over time, or ask for a higher quota of sessions.",
            threshold=_MANY_THROTTLED_STARTS,
        ),
    ]


def _about_agentcore(watched: Watched) -> Sequence[Alarm]:
    errors = pulumi.Output.concat(_SYSTEM_ERRORS, "'", watched.agent_runtime_arn, "'")
    return [
        Alarm(
            part="agentcore-errors",
            metric=Query(sql=errors),
            meaning="AgentCore itself has failed while it served the agent; runs are tried again.",
            remedy="See the AWS Health dashboard. If it lasts, write to AWS Support with a failed session's id.",
            periods=2,
        ),
        Alarm(
            part="many-sessions",
            metric=_ACTIVE_SESSIONS,
            meaning="The account's active sessions on AgentCore come near their quota, beyond which none starts.",
            remedy="See which agents hold them. Ask for a higher quota, or let sessions end earlier.",
            threshold=_MANY_SESSIONS,
        ),
    ]


def _executions(outcome: str, state_machine_arn: pulumi.Input[str]) -> Metric:
    return Metric(
        namespace="AWS/States", name=f"Executions{outcome}", dimensions={"StateMachineArn": state_machine_arn}
    )


def _of_function(name: str, function_name: pulumi.Input[str]) -> Metric:
    return Metric(namespace="AWS/Lambda", name=name, dimensions={"FunctionName": function_name})
