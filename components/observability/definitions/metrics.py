"""The metrics of runs, and the log lines that each of them is made from.

Runs are counted by the states that the workflow enters. The workflow outlives every agent, and its log cannot miss a
run. The tokens and the margin of the lease are known only to the agent, which prints them in one line at the end of
each attempt (`agent/harness/attempt/run.py`).
"""

from __future__ import annotations

from dataclasses import dataclass

from agent.harness.telemetry import ATTEMPT_ENDED, NAMESPACE, AttemptEnded
from components.workflow.definitions.outcomes import CHECK_LIVE_RUNS, TAKE_OVER, Outcome

RUNS_COMPLETED = "RunsCompleted"
RUNS_FAILED = "RunsFailed"
RUNS_CANCELLED = "RunsCancelled"
RUNS_LOST = "RunsLost"
TAKE_OVERS = "TakeOvers"
LIMIT_CHECKS = "LimitChecks"

WORK_SECONDS = "WorkSeconds"
INPUT_TOKENS = "InputTokens"
OUTPUT_TOKENS = "OutputTokens"
CACHE_READ_TOKENS = "CacheReadTokens"
CACHE_WRITE_TOKENS = "CacheWriteTokens"
MODEL_UNAVAILABLE = "ModelUnavailable"
LEASE_MARGIN_SECONDS = "LeaseMarginSeconds"


@dataclass(frozen=True, kw_only=True)
class LogMetric:
    """A metric that CloudWatch makes from lines of a log.

    Attributes:
        name: The metric's name.
        pattern: The filter pattern of the lines.
        value: What one line adds: a number, or the path of a number in the line.
        unit: The unit, by CloudWatch's name for it.
        default: The value of a period without matching lines; None for no value.
    """

    name: str
    pattern: str
    value: str = "1"
    unit: str = "Count"
    default: str | None = "0"


def _entered(metric: str, state: str) -> LogMetric:
    return LogMetric(name=metric, pattern=f'{{ $.type = "*StateEntered" && $.details.name = "{state}" }}')


def _printed(metric: str, member: AttemptEnded, unit: str) -> LogMetric:
    return LogMetric(
        name=metric,
        pattern=f'{{ $.{AttemptEnded.EVENT} = "{ATTEMPT_ENDED}" && $.{member} = * }}',
        value=f"$.{member}",
        unit=unit,
        default=None,
    )


# From the workflow's log.
WORKFLOW_METRICS = (
    _entered(RUNS_COMPLETED, Outcome.COMPLETED),
    _entered(RUNS_FAILED, Outcome.FAILED),
    _entered(RUNS_CANCELLED, Outcome.CANCELLED),
    _entered(RUNS_LOST, Outcome.LOST),
    _entered(TAKE_OVERS, TAKE_OVER),
    _entered(LIMIT_CHECKS, CHECK_LIVE_RUNS),
)
# From the agent's log.
AGENT_METRICS = (
    _printed(WORK_SECONDS, AttemptEnded.SECONDS, "Seconds"),
    _printed(INPUT_TOKENS, AttemptEnded.INPUT_TOKENS, "Count"),
    _printed(OUTPUT_TOKENS, AttemptEnded.OUTPUT_TOKENS, "Count"),
    _printed(CACHE_READ_TOKENS, AttemptEnded.CACHE_READ_TOKENS, "Count"),
    _printed(CACHE_WRITE_TOKENS, AttemptEnded.CACHE_WRITE_TOKENS, "Count"),
    _printed(MODEL_UNAVAILABLE, AttemptEnded.MODEL_UNAVAILABLE, "Count"),
    _printed(LEASE_MARGIN_SECONDS, AttemptEnded.LEASE_MARGIN_SECONDS, "Seconds"),
)


def namespace(prefix: str) -> str:
    """Return the namespace of one agent's metrics. Metric filters cannot add a dimension that separates agents.

    Args:
        prefix: The prefix of the names of the agent's resources.
    """
    return f"{NAMESPACE}/{prefix}"
