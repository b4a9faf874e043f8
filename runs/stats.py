"""What the runs of a period have in common: outcomes, durations, detection delays, tokens and cost."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal

from agent.harness.schema import Attribute, Status
from agent.harness.tokens import Tokens
from runs.execution import execution_end
from runs.journal.run import Run
from runs.place.place import Place
from runs.spending import Spending

# The workflow's end is asked for once for each run, so only for this many of the newest.
_DELAYS = 50
_PERCENTILES = (50, 90, 99)


@dataclass(frozen=True, kw_only=True)
class Spread:
    """How values are spread.

    Attributes:
        count: How many values there are.
        percentiles: The value at each percentile: the smallest one that so many percent do not exceed.
        largest: The largest value.
    """

    count: int
    percentiles: Mapping[int, float]
    largest: float

    @classmethod
    def of(cls, values: Iterable[float]) -> Spread | None:
        """Return the spread of values; None if there are none."""
        ordered = sorted(values)
        if not ordered:
            return None
        ranks = {percent: -(-percent * len(ordered) // 100) for percent in _PERCENTILES}
        return cls(
            count=len(ordered),
            percentiles={percent: ordered[rank - 1] for percent, rank in ranks.items()},
            largest=ordered[-1],
        )


@dataclass(frozen=True, kw_only=True)
class Day:
    """The runs that were requested on one day.

    Attributes:
        day: The day, by the local clock.
        runs: How many.
        failed: How many of them have failed.
        tokens: Their tokens.
        usd: What they have cost.
    """

    day: date
    runs: int
    failed: int
    tokens: int
    usd: Decimal


@dataclass(frozen=True, kw_only=True)
class Stats:
    """The statistics of a period.

    Attributes:
        by_status: How many runs have each status; only statuses that occur.
        errors: How many failed runs have each type of error, the most frequent first.
        seconds: By status, the spread of the durations of ended runs.
        detection_seconds: Seconds from the end of an agent's work to the end of its workflow, of the newest runs.
        tokens: All tokens.
        spending: What the runs have cost.
        days: Each day of the period, oldest first.
    """

    by_status: Mapping[str, int]
    errors: Mapping[str, int]
    seconds: Mapping[str, Spread]
    detection_seconds: Spread | None
    tokens: Tokens
    spending: Spending
    days: Sequence[Day]

    @property
    def total(self) -> int:
        """How many runs there are."""
        return sum(self.by_status.values())


def statistics(place: Place, runs: Iterable[Run], *, since: datetime, now: datetime) -> Stats:
    """Return the statistics of runs. They are read once, and none is kept.

    Args:
        place: The agent's place.
        runs: The runs of the period, the newest first.
        since: When the period begins.
        now: The present time: when the period ends.
    """
    by_status: Counter[str] = Counter()
    errors: Counter[str] = Counter()
    seconds: dict[str, list[float]] = {}
    per_day = {day: Day(day=day, runs=0, failed=0, tokens=0, usd=Decimal(0)) for day in _days(since, now)}
    watched: list[Run] = []
    tokens, spending = Tokens(), Spending()
    for run in runs:
        by_status[run.status] += 1
        tokens += run.tokens
        spending.add(run)
        failed = run.status == Status.FAILED
        if failed:
            errors[run.error_type or "unknown"] += 1
        if run.has_ended and (taken := run.seconds(now)) is not None:
            seconds.setdefault(run.status, []).append(taken)
        # The workflow wrote the end of other runs itself, at the moment at which it found them.
        if run.finished_at is not None and Attribute.ENDED_BY in run.item and len(watched) < _DELAYS:
            watched.append(run)
        if run.requested_at is not None and (day := per_day.get(run.requested_at.astimezone().date())) is not None:
            per_day[day.day] = replace(
                day,
                runs=day.runs + 1,
                failed=day.failed + failed,
                tokens=day.tokens + run.tokens.total,
                usd=day.usd + (run.cost.usd if run.cost else 0),
            )
    return Stats(
        by_status=by_status,
        errors=dict(errors.most_common()),
        seconds={status: spread for status, values in seconds.items() if (spread := Spread.of(values))},
        detection_seconds=Spread.of(_delays(place, watched)),
        tokens=tokens,
        spending=spending,
        days=list(per_day.values()),
    )


def _days(since: datetime, now: datetime) -> Iterable[date]:
    first, last = since.astimezone().date(), now.astimezone().date()
    return itertools.takewhile(lambda day: day <= last, (first + timedelta(days=n) for n in itertools.count()))


def _delays(place: Place, runs: Iterable[Run]) -> Iterable[float]:
    for run in runs:
        assert run.finished_at is not None
        end = None if run.execution_arn is None else execution_end(place, run.execution_arn)
        if end is not None:
            yield max(0.0, (end - run.finished_at).total_seconds())
