"""The parts of charts: tables with bars."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from agent.analyst.report.text import Text


class Part(StrEnum):
    """What a part of a bar means."""

    SPEND = "spend"
    SAVING = "saving"


@dataclass(frozen=True, kw_only=True)
class Segment:
    """A part of a bar.

    Attributes:
        start: Where it begins, as a share of the bar's full width, from 0 to 1.
        share: Its length, as a share of the bar's full width.
        part: What it means.
    """

    start: Decimal
    share: Decimal
    part: Part


@dataclass(frozen=True, kw_only=True)
class Bar:
    """A row of a chart.

    Attributes:
        label: What it is about.
        note: More about it; empty if nothing.
        segments: The bar's parts.
        amounts: The figures, one for each column of figures.
        is_total: Whether it is a sum of the others.
    """

    label: Text
    note: str = ""
    segments: Sequence[Segment]
    amounts: Sequence[str]
    is_total: bool = False


@dataclass(frozen=True, kw_only=True)
class Chart:
    """A table with bars.

    Attributes:
        title: What it shows.
        subject: The title of the column of labels.
        figures: The titles of the columns of figures.
        bars: Its rows.
        legend: What the parts of a bar mean; empty if the title says it.
        is_wide: Whether it needs the whole width of a page.
    """

    title: str
    subject: str
    figures: Sequence[str]
    bars: Sequence[Bar]
    legend: Sequence[tuple[Part, str]] = ()
    is_wide: bool = False


@dataclass(frozen=True, kw_only=True)
class Charts:
    """Charts beside each other."""

    charts: Sequence[Chart]
