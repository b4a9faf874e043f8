"""The parts of a timeline."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Mark:
    """A moment. Positions are in percent of the width.

    Attributes:
        x: Where it is.
        kind: What it is. It decides the style.
        name: Its text; empty if there is no space for it.
        title: What is shown on hover.
    """

    x: float
    kind: str
    name: str
    title: str

    @property
    def is_late(self) -> bool:
        """Whether its name is before it, because there is no space after it."""
        return self.x > 85


@dataclass(frozen=True, kw_only=True)
class Bar:
    """A period. Positions are in percent of the width.

    Attributes:
        x: Where it begins.
        width: How wide it is.
        kind: What it is. It decides the style.
        title: What is shown on hover.
    """

    x: float
    width: float
    kind: str
    title: str


@dataclass(frozen=True, kw_only=True)
class Lane:
    """A row of the timeline.

    Attributes:
        label: Its name.
        bars: Its periods.
        marks: Its moments.
        text: The same in words, for screen readers.
    """

    label: str
    bars: Sequence[Bar]
    marks: Sequence[Mark]
    text: str


@dataclass(frozen=True, kw_only=True)
class Timeline:
    """A run on a line of time.

    Attributes:
        ticks: The times below the line.
        lanes: Workflow, attempts and steps.
    """

    ticks: Sequence[Mark]
    lanes: Sequence[Lane]
