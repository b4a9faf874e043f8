"""The results of benchmarks, and the values that they are compared with."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Figure:
    """One row of the table.

    Attributes:
        name: What was measured. Results are compared by it.
        value: This project's value.
        unit: The unit of `value` and `base`.
        base: What it is compared with, measured in turn with it; None if there is nothing to compare with.
        compared_with: What `base` is.
        most: The goal for the ratio if there is a base, otherwise for the value; None if there is none.
        before: The value or ratio before it was improved, as text.
        is_guarded: Whether `make bench-check` compares the ratio. Extremes of a few rounds differ too much.
    """

    name: str
    value: float
    unit: str
    base: float | None = None
    compared_with: str = ""
    most: float | None = None
    before: str = ""
    is_guarded: bool = True

    @property
    def ratio(self) -> float | None:
        """The value in relation to the base."""
        return None if self.base is None else self.value / self.base

    @property
    def is_reached(self) -> bool | None:
        """Whether the goal is reached; None if there is none."""
        if self.most is None:
            return None
        return (self.value if self.ratio is None else self.ratio) <= self.most

    def row(self) -> tuple[str, ...]:
        """Return the row's cells."""
        base = "" if self.base is None else f"{_number(self.base)} {self.unit} ({self.compared_with})"
        ratio = "" if self.ratio is None else f"{self.ratio:.2f}"
        goal = "" if self.most is None else f"≤ {self.most:g} {'x' if self.base is not None else self.unit}"
        reached = {None: "", True: "yes", False: "no"}[self.is_reached]
        return (self.name, f"{_number(self.value)} {self.unit}", base, ratio, goal, reached, self.before)


HEADINGS = ("figure", "ours", "compared with", "ratio", "goal", "reached", "before")


def percentile(values: Sequence[float], share: float) -> float:
    """Return the value that a share of the values does not exceed."""
    return sorted(values)[math.ceil(share * len(values)) - 1]


def median(values: Sequence[float]) -> float:
    """Return the median."""
    return statistics.median(values)


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 1_000 else f"{value:.3g}"
