"""Simulates how bursts of runs pass AgentCore's quota on new sessions, with the pauses of the real definition."""

from __future__ import annotations

import functools
import heapq
import random
from collections.abc import Callable
from dataclasses import dataclass

from components.workflow.definitions.start import evaluate_start
from local.agentcore.limits import TokenBucket
from tests.components import asl

# The pause does not grow after so many throttled starts in a row.
_MOST_THROTTLES = 10


@dataclass(frozen=True, kw_only=True)
class QuotaResult:
    """How the quota has delayed the runs of a month.

    Attributes:
        started: Runs that AgentCore has accepted.
        late: Runs whose deadline passed before their start. The workflow ends them as FAILED.
        throttled: Starts that AgentCore has throttled.
        longest_wait: Seconds from the request to the accepted start, of the run that waited longest.
        mean_wait: Seconds, on average.
        most_active: Most sessions that were active at the same time.
    """

    started: int
    late: int
    throttled: int
    longest_wait: float
    mean_wait: float
    most_active: int


def simulate(
    *,
    bursts: int,
    runs_in_burst: int,
    seconds_between: float,
    quota: float,
    active_sessions: int,
    run_seconds: float,
    deadline_seconds: float,
    seed: int = 1,
) -> QuotaResult:
    """Simulate bursts of runs, and return how many were started, late and throttled.

    Args:
        bursts: Number of bursts.
        runs_in_burst: Runs that are requested at the same time.
        seconds_between: Time between two bursts.
        quota: New sessions per second.
        active_sessions: Sessions that may be active at the same time.
        run_seconds: How long a session is active.
        deadline_seconds: How long after its request a run may still be started.
        seed: Seed of the jitter.
    """
    source = random.Random(seed)  # noqa: S311 (a repeatable simulation)
    pauses = [pause(throttles) for throttles in range(1, _MOST_THROTTLES + 1)]
    now = 0.0
    bucket = TokenBucket(quota, lambda: now)
    waits: list[float] = []
    ends: list[float] = []  # of active sessions
    late = throttled = most_active = 0
    for burst in range(bursts):
        requested_at = burst * seconds_between
        starts = [(requested_at, number, 0) for number in range(runs_in_burst)]
        while starts:
            now, number, throttles = heapq.heappop(starts)
            while ends and ends[0] <= now:
                heapq.heappop(ends)
            if now - requested_at >= deadline_seconds:
                late += 1
            elif len(ends) < active_sessions and bucket.take():
                waits.append(now - requested_at)
                heapq.heappush(ends, now + run_seconds)
                most_active = max(most_active, len(ends))
            else:
                throttled += 1
                again = now + pauses[min(throttles, _MOST_THROTTLES - 1)](source.random())
                heapq.heappush(starts, (again, number, throttles + 1))
    return QuotaResult(
        started=len(waits),
        late=late,
        throttled=throttled,
        longest_wait=max(waits),
        mean_wait=sum(waits) / len(waits),
        most_active=most_active,
    )


def pause(throttles: int) -> Callable[[float], float]:
    """Return the workflow's pause after some throttled starts in a row, as a function of the random number.

    It evaluates the definition's expression at both ends of the random numbers; between them the pause is linear.
    """
    (choice,) = [choice for choice in evaluate_start()["Choices"] if "wait_seconds" in choice.get("Assign", {})]
    expression = asl.expression(choice["Assign"]["wait_seconds"])
    draws = (lambda: 0.0, lambda: 1.0)
    ends = [expression.evaluate(None, {"throttles": throttles, "random": draw}) for draw in draws]
    return functools.partial(_between, *ends)


def _between(low: float, high: float, share: float) -> float:
    return low + (high - low) * share
