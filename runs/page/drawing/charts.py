"""Charts of a period: bars of days, in percent of the chart's size."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from runs.cli import text
from runs.stats import Day


@dataclass(frozen=True, kw_only=True)
class Column:
    """One day of a chart. Positions are in percent of width and height.

    Attributes:
        x: Where it begins.
        width: How wide it is.
        parts: From the bottom: kind, upper edge and height.
        title: What is shown on hover.
    """

    x: float
    width: float
    parts: Sequence[tuple[str, float, float]]
    title: str


@dataclass(frozen=True, kw_only=True)
class Chart:
    """A chart of days.

    Attributes:
        columns: The days, oldest first.
        largest: The value at the top, as it is shown.
        first: The first day.
        last: The last day.
    """

    columns: Sequence[Column]
    largest: str
    first: str
    last: str


def runs_per_day(days: Sequence[Day]) -> Chart:
    """Return how many runs were requested on each day, and how many of them have failed."""
    return _chart(
        days,
        [[("failed", day.failed), ("other", day.runs - day.failed)] for day in days],
        [f"{day.runs} runs, {day.failed} failed" for day in days],
        shown="{:,}".format,
    )


def tokens_per_day(days: Sequence[Day]) -> Chart:
    """Return how many tokens the runs of each day have used."""
    return _chart(
        days,
        [[("tokens", day.tokens)] for day in days],
        [f"{day.tokens:,} tokens" for day in days],
        shown="{:,}".format,
    )


def cost_per_day(days: Sequence[Day]) -> Chart:
    """Return what the runs of each day have cost."""
    costs = [[("cost", float(day.usd))] for day in days]
    return _chart(days, costs, [text.usd(day.usd) for day in days], shown=lambda usd: text.usd(Decimal(usd)))


def _chart(
    days: Sequence[Day],
    values: Sequence[Sequence[tuple[str, float]]],
    titles: Sequence[str],
    *,
    shown: Callable[[float], str],
) -> Chart:
    largest = max((sum(value for _, value in parts) for parts in values), default=0)
    width = 100 / max(1, len(days))
    columns = []
    for number, (day, parts, title) in enumerate(zip(days, values, titles, strict=True)):
        drawn, below = [], 0.0
        for kind, value in parts:
            height = 100 * value / largest if largest else 0
            below += height
            drawn.append((kind, round(100 - below, 3), round(height, 3)))
        columns.append(
            Column(
                x=round(number * width, 3),
                width=round(width * 0.8, 3),
                parts=[part for part in drawn if part[2]],
                title=f"{day.day:%a %d %b}: {title}",
            )
        )
    return Chart(
        columns=columns,
        largest=shown(largest),
        first=f"{days[0].day:%d %b}" if days else "",
        last=f"{days[-1].day:%d %b}" if days else "",
    )
