"""The demand of runs on each service at a rate, and the service's quota."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from components.settings.model import MOST_LIVE_RUNS, Settings
from costs.bill import RunUse

_DOCS = "https://docs.aws.amazon.com"
_AGENTCORE = f"{_DOCS}/bedrock-agentcore/latest/devguide/bedrock-agentcore-limits.html"
_STEP_FUNCTIONS = f"{_DOCS}/step-functions/latest/dg/service-quotas.html"
_EVENTBRIDGE = f"{_DOCS}/eventbridge/latest/userguide/eb-quota.html"
_DYNAMODB = f"{_DOCS}/amazondynamodb/latest/developerguide/bp-partition-key-design.html"
_LAMBDA = f"{_DOCS}/lambda/latest/dg/gettingstarted-limits.html"

_LAMBDA_CONCURRENCY = 1_000
# One entry of the set of live runs (components/workflow/definitions).
_ENTRY_BYTES = len("1800000000 0b5e2f3a-1111-4222-8333-444455556666")
_BYTES_PER_WRITE_UNIT = 1024
# From the end of a run to the end of its session and of its place among the live runs: the delay of the last poll,
# the call of the stop function.
_SECONDS_AFTER_END = 6
# A run's item is written by its claim, its begin, its heartbeats, its end and its cost. The index has all of them.
_WRITES_OF_ITEM = 4


@dataclass(frozen=True, kw_only=True)
class Limit:
    """A quota, and the demand of runs on it.

    Attributes:
        what: What is limited.
        quota: The most that is allowed: per second for a rate, otherwise at the same time.
        demand: Returns what a number of new runs per second demands.
        remedy: What lifts the limit.
        source: The page or file that states the quota.
    """

    what: str
    quota: float
    demand: Callable[[float], float]
    remedy: str
    source: str

    def highest_rate(self) -> float:
        """Return how many runs a second reach the quota exactly. Demand grows with the rate."""
        low, high = 0.0, 1.0
        while self.demand(high) < self.quota:
            high *= 2
        for _ in range(60):
            middle = (low + high) / 2
            low, high = (middle, high) if self.demand(middle) <= self.quota else (low, middle)
        return low


def limits(use: RunUse, settings: Settings) -> Sequence[Limit]:
    """Return all limits, with the default quotas of the largest regions (us-east-1 and us-west-2).

    Args:
        use: What one run uses.
        settings: The stack's settings.
    """
    live_seconds = float(use.seconds) + _SECONDS_AFTER_END
    heartbeats = float(use.seconds) / settings.budgets.heartbeat_seconds
    return [
        Limit(
            what="live runs of the stack (maxLiveRuns)",
            quota=settings.max_live_runs,
            demand=lambda rate: rate * live_seconds,
            remedy=f"raise maxLiveRuns, to {MOST_LIVE_RUNS} at most; then use more stacks",
            source="docs/settings.md",
        ),
        Limit(
            what=f"live runs of the stack, at the most that maxLiveRuns may be ({MOST_LIVE_RUNS})",
            quota=MOST_LIVE_RUNS,
            demand=lambda rate: rate * live_seconds,
            remedy="another stack: each has its own set of live runs",
            source="docs/decisions/0008-live-runs.md",
        ),
        Limit(
            what="calls of the start function at the same time (starterReservedConcurrency)",
            quota=settings.starter_reserved_concurrency or _LAMBDA_CONCURRENCY,
            demand=lambda rate: rate * float(use.lambda_seconds),
            remedy="raise starterReservedConcurrency; until then the workflow starts again after 1 to 60 s",
            source="docs/settings.md",
        ),
        Limit(
            what="AgentCore: new sessions a second",
            quota=25,
            demand=lambda rate: rate,
            remedy="Service Quotas; until then the workflow starts again after 1 to 60 s",
            source=_AGENTCORE,
        ),
        Limit(
            what="AgentCore: active sessions",
            quota=5_000,
            demand=lambda rate: rate * live_seconds,
            remedy="Service Quotas; other regions have 2,500",
            source=_AGENTCORE,
        ),
        Limit(
            what="AgentCore: InvokeAgentRuntime a second",
            quota=200,
            demand=lambda rate: rate,
            remedy="Service Quotas",
            source=_AGENTCORE,
        ),
        Limit(
            what="Step Functions: StartExecution a second",
            quota=300,
            demand=lambda rate: rate,
            remedy="Service Quotas; EventBridge delivers again for an hour, and 1,300 may start at once",
            source=_STEP_FUNCTIONS,
        ),
        Limit(
            what="Step Functions: state transitions a second",
            quota=5_000,
            demand=lambda rate: rate * use.transitions,
            remedy="Service Quotas; throttled transitions are delayed, not lost. Other regions have 800",
            source=_STEP_FUNCTIONS,
        ),
        Limit(
            what="Step Functions: open executions",
            quota=1_000_000,
            demand=lambda rate: rate * live_seconds,
            remedy="Service Quotas",
            source=_STEP_FUNCTIONS,
        ),
        Limit(
            what="EventBridge: PutEvents a second",
            quota=10_000,
            demand=lambda rate: rate * use.events,
            remedy="Service Quotas",
            source=_EVENTBRIDGE,
        ),
        Limit(
            what="EventBridge: invocations of targets a second",
            quota=18_750,
            demand=lambda rate: rate,
            remedy="Service Quotas; deliveries above it are delayed",
            source=_EVENTBRIDGE,
        ),
        Limit(
            what="Lambda: concurrent executions",
            quota=_LAMBDA_CONCURRENCY,
            demand=lambda rate: rate * use.lambda_calls * float(use.lambda_seconds),
            remedy="Service Quotas; a new account has 10",
            source=_LAMBDA,
        ),
        Limit(
            what="DynamoDB: writes of one partition, the item of the live runs",
            quota=1_000,
            demand=lambda rate: rate * 2 * _units(min(rate * live_seconds, MOST_LIVE_RUNS) * _ENTRY_BYTES),
            remedy="another stack: each has its own table",
            source=_DYNAMODB,
        ),
        Limit(
            what="DynamoDB: writes of one partition, the index of runs by time",
            quota=1_000,
            demand=lambda rate: rate * (_WRITES_OF_ITEM + heartbeats),
            remedy="another stack: each has its own table",
            source=_DYNAMODB,
        ),
        Limit(
            what="DynamoDB: writes of a new table",
            quota=4_000,
            demand=lambda rate: rate * use.writes,
            remedy="on-demand capacity doubles within 30 minutes; or set the table's warm throughput",
            source=f"{_DOCS}/amazondynamodb/latest/developerguide/warm-throughput-scenarios.html",
        ),
    ]


def _units(size: float) -> float:
    """Return the write units of an item of a size in bytes."""
    return max(1, math.ceil(size / _BYTES_PER_WRITE_UNIT))


def active_sessions(rate: float, seconds: Decimal) -> float:
    """Return how many sessions are active at a rate of new runs per second (Little's law)."""
    return rate * (float(seconds) + _SECONDS_AFTER_END)
