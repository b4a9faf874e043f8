"""The metrics of runs: which there are, and from which lines of the logs each of them is made.

Runs are counted by the states that their workflow enters, rather than by what the agent or the bus says of them: the
workflow outlives every agent, and its log has no delivery that could fail. What only the agent can know (tokens, how
close its lease came to expiring) it says itself, in one line at the end of each attempt (`agent/harness/run.py`).
"""

from __future__ import annotations

from dataclasses import dataclass

# What the functions count by themselves (functions/observability.py), with the dimension "service".
FUNCTIONS_NAMESPACE = "AgentRuns"
STARTS_ACCEPTED = "StartsAccepted"
STARTS_THROTTLED = "StartsThrottled"
STARTS_REJECTED = "StartsRejected"

RUNS_COMPLETED = "RunsCompleted"
RUNS_FAILED = "RunsFailed"
RUNS_CANCELLED = "RunsCancelled"
RUNS_LOST = "RunsLost"
TAKE_OVERS = "TakeOvers"

WORK_SECONDS = "WorkSeconds"
INPUT_TOKENS = "InputTokens"
OUTPUT_TOKENS = "OutputTokens"
LEASE_MARGIN_SECONDS = "LeaseMarginSeconds"

# `event` of the line that the agent logs at the end of an attempt.
ATTEMPT_ENDED = "attempt-ended"


@dataclass(frozen=True, kw_only=True)
class LogMetric:
    """A metric that CloudWatch makes from lines of a log.

    Attributes:
        name: The metric's name.
        pattern: Which lines count.
        value: What a line counts for: a number, or the path of one in the line.
        unit: What is counted, by CloudWatch's name for it.
        default: What a period counts for whose lines do not match; None for no value.
    """

    name: str
    pattern: str
    value: str = "1"
    unit: str = "Count"
    default: str | None = "0"


def _entered(metric: str, state: str) -> LogMetric:
    return LogMetric(name=metric, pattern=f'{{ $.type = "*StateEntered" && $.details.name = "{state}" }}')


def _told(metric: str, field: str, unit: str) -> LogMetric:
    return LogMetric(
        name=metric,
        pattern=f'{{ $.event = "{ATTEMPT_ENDED}" && $.{field} = * }}',
        value=f"$.{field}",
        unit=unit,
        default=None,
    )


# From the log of the workflow (components/workflow/definitions/run.py names the states).
WORKFLOW_METRICS = (
    _entered(RUNS_COMPLETED, "RunCompleted"),
    _entered(RUNS_FAILED, "RunFailed"),
    _entered(RUNS_CANCELLED, "RunCancelled"),
    _entered(RUNS_LOST, "RunLost"),
    _entered(TAKE_OVERS, "TakeOver"),
)
# From the log of the agent.
AGENT_METRICS = (
    _told(WORK_SECONDS, "seconds", "Seconds"),
    _told(INPUT_TOKENS, "input_tokens", "Count"),
    _told(OUTPUT_TOKENS, "output_tokens", "Count"),
    _told(LEASE_MARGIN_SECONDS, "lease_margin_seconds", "Seconds"),
)


def namespace(prefix: str) -> str:
    """Where the metrics of one agent's runs are kept: filters can give them no dimension of their own."""
    return f"{FUNCTIONS_NAMESPACE}/{prefix}"
