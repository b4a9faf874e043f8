"""Watches the runs of a distribution with each strategy, and looks for a fixed interval that is better than ours."""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from agent.harness.journal.expected_duration import Expectation, ExpectedDuration
from benchmarks.watching.distributions import Distribution
from benchmarks.watching.simulation import Watched
from benchmarks.watching.strategies import OURS, strategies
from costs import prices
from costs.bill import RunUse

# Runs before the first one that counts, which only teach.
_TEACHING_RUNS = 32
_LONGEST_INTERVAL = 3_600
# Averages over so few runs differ by this share from seed to seed.
_NOISE = 0.02
_SESSION_GB = RunUse().peak_gb


@dataclass(frozen=True, kw_only=True)
class Mean:
    """Averages of one run. Times are in seconds.

    Attributes:
        transitions: State transitions.
        events: Events in the execution's history.
        usd: Transitions, reads, and the session that is idle until the end is seen.
        delay: From the end of the run to the read that saw it.
        delay_p95: The delay that 19 of 20 runs stay below.
    """

    transitions: float
    events: float
    usd: float
    delay: float
    delay_p95: float


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """What the strategies cost for one distribution.

    Attributes:
        distribution: The distribution.
        means: The averages of each strategy, by its name.
        fixed: Transitions and mean delay of each fixed interval, by its seconds.
    """

    distribution: Distribution
    means: Mapping[str, Mean]
    fixed: Mapping[int, tuple[float, float]]

    def beaten_by(self) -> Sequence[int]:
        """Return the fixed intervals that are better than ours on both axes, by more than the noise."""
        ours = self.means[OURS]
        return [
            seconds
            for seconds, (transitions, delay) in self.fixed.items()
            if transitions < ours.transitions * (1 - _NOISE) and delay < ours.delay * (1 - _NOISE)
        ]


def compare(distribution: Distribution, seed: int) -> Comparison:
    """Return the comparison for a distribution. Equal seeds give equal durations."""
    durations = distribution.durations(seed)
    with_teachers = [durations[-number % len(durations)] for number in range(_TEACHING_RUNS, 0, -1)] + list(durations)
    runs = list(zip(with_teachers, _expectations(with_teachers), strict=True))[_TEACHING_RUNS:]
    watched = {
        strategy.name: [strategy.watch(seconds, expected) for seconds, expected in runs]
        for strategy in strategies(distribution.deadline_seconds)
    }
    return Comparison(
        distribution=distribution,
        means={name: _mean(runs) for name, runs in watched.items()},
        fixed=_fixed_intervals([seconds for seconds, _ in runs], watched["fixed 60 s"]),
    )


def _expectations(durations: Sequence[float]) -> Iterator[Expectation]:
    """Yield the expectation before each run, from the runs before it."""
    learned = ExpectedDuration(_Table(), "journal")  # type: ignore[arg-type]
    for seconds in durations:
        yield learned.load() or Expectation(seconds=seconds, last_durations=())
        learned.learn(seconds)


class _Table:
    """A table with one item: the methods of a client that `ExpectedDuration` uses."""

    def __init__(self) -> None:
        self._item: dict[str, Any] = {}

    def get_item(self, **_: Any) -> Any:
        return {"Item": self._item}

    def update_item(self, **arguments: Any) -> None:
        assignments = arguments["UpdateExpression"].removeprefix("SET ").partition(" ADD ")[0]
        for name, value in (assignment.split(" = ") for assignment in assignments.split(", ")):
            self._item[name] = arguments["ExpressionAttributeValues"][value]


def _mean(runs: Sequence[Watched]) -> Mean:
    delays = sorted(run.delay for run in runs)
    return Mean(
        transitions=statistics.fmean(run.transitions for run in runs),
        events=statistics.fmean(run.events for run in runs),
        usd=statistics.fmean(float(_usd(run)) for run in runs),
        delay=statistics.fmean(delays),
        delay_p95=delays[math.ceil(0.95 * len(delays)) - 1],
    )


def _usd(run: Watched) -> Decimal:
    return (
        prices.TRANSITIONS.cost(run.transitions)
        + prices.DYNAMODB_READS.cost(run.looks)
        + prices.AGENTCORE_GB_SECONDS.cost(_SESSION_GB * Decimal(run.delay))
    )


def _fixed_intervals(durations: Sequence[float], executed: Sequence[Watched]) -> Mapping[int, tuple[float, float]]:
    """Compute transitions and mean delay of each fixed interval from the times of its polls, without executing it.

    Args:
        durations: How long the runs last.
        executed: Runs with one fixed interval. They show how many transitions a poll has, and how many the rest.
    """
    least, most = min(executed, key=lambda run: run.looks), max(executed, key=lambda run: run.looks)
    more_looks = most.looks - least.looks
    in_look = (most.transitions - least.transitions) / more_looks if more_looks else 3.0
    others = least.transitions - in_look * least.looks
    found = {}
    for interval in range(1, _LONGEST_INTERVAL + 1):
        looks = [math.ceil(seconds / interval) for seconds in durations]
        delays = [interval * count - seconds for count, seconds in zip(looks, durations, strict=True)]
        found[interval] = (others + in_look * statistics.fmean(looks), statistics.fmean(delays))
    return found


def show(comparisons: Sequence[Comparison]) -> str:
    """Return the comparisons as a table in Markdown."""
    lines = [
        "| runs of | strategy | transitions | history events | USD | mean delay | p95 |",
        "|---|---|---|---|---|---|---|",
    ]
    for comparison in comparisons:
        lines += [
            f"| {comparison.distribution.name} | {name} | {mean.transitions:.1f} | {mean.events:.0f} "
            f"| {mean.usd:.6f} | {mean.delay:.1f} s | {mean.delay_p95:.1f} s |"
            for name, mean in comparison.means.items()
        ]
        beaten = ", ".join(f"{seconds} s" for seconds in comparison.beaten_by()) or "none"
        lines.append(
            f"| {comparison.distribution.name} | fixed intervals that beat ours on both axes: {beaten} | | | | | |"
        )
    return "\n".join(lines)
