"""Draws the comparison as SVG: for each distribution, state transitions against delay."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from benchmarks.watching.comparison import Comparison
from benchmarks.watching.strategies import DOUBLING, OURS
from components import PROJECT

FILE = PROJECT / "docs" / "watching.svg"

_PANEL, _HEIGHT, _MARGIN = 300, 300, 46
_INNER_WIDTH, _INNER_HEIGHT = _PANEL - _MARGIN - 14, _HEIGHT - 2 * _MARGIN
_LONGEST_DELAY = 40.0
_GREY, _BLUE, _DARK = "#8a8f98", "#1f6feb", "#24292f"
# The fixed intervals that the line shows, in seconds.
_SHOWN_INTERVALS = range(2, 81)


def draw(comparisons: Sequence[Comparison]) -> str:
    """Return the chart. Less is better on both axes: nothing of the line may be below and to the left of our point."""
    width = _PANEL * len(comparisons)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {_HEIGHT}" font-family="sans-serif" '
        f'font-size="11" fill="{_DARK}">',
        "<title>State transitions of a run against the delay until its end is seen</title>",
        f'<rect width="{width}" height="{_HEIGHT}" fill="#ffffff"/>',
    ]
    for number, comparison in enumerate(comparisons):
        parts += [f'<g transform="translate({number * _PANEL} 0)">', *_panel(comparison), "</g>"]
    return "\n".join([*parts, "</svg>", ""])


def _panel(comparison: Comparison) -> Iterator[str]:
    transitions = [mean.transitions for mean in comparison.means.values()]
    low, high = min(transitions) * 0.9, max(transitions) * 1.3

    def across(value: float) -> float:
        share = (math.log(value) - math.log(low)) / (math.log(high) - math.log(low))
        return round(_MARGIN + _INNER_WIDTH * share, 1)

    def up(delay: float) -> float:
        return round(_MARGIN + _INNER_HEIGHT * (1 - delay / _LONGEST_DELAY), 1)

    yield f'<text x="{_MARGIN}" y="22" font-size="13" font-weight="bold">{comparison.distribution.name}</text>'
    for delay in range(0, int(_LONGEST_DELAY) + 1, 10):
        yield f'<line x1="{_MARGIN}" x2="{_PANEL - 14}" y1="{up(delay)}" y2="{up(delay)}" stroke="#e4e7eb"/>'
        yield f'<text x="{_MARGIN - 6}" y="{up(delay) + 4}" text-anchor="end">{delay} s</text>'
    for value in _ticks(low, high):
        yield f'<text x="{across(value)}" y="{_HEIGHT - _MARGIN + 16}" text-anchor="middle">{value:,}</text>'
    yield f'<text x="{_PANEL - 14}" y="{_HEIGHT - 10}" text-anchor="end">state transitions of a run</text>'
    line = [
        f"{across(fixed)},{up(delay)}"
        for seconds, (fixed, delay) in comparison.fixed.items()
        if seconds in _SHOWN_INTERVALS and low <= fixed <= high and delay <= _LONGEST_DELAY
    ]
    yield f'<polyline points="{" ".join(line)}" fill="none" stroke="{_GREY}"/>'
    for name, mean in comparison.means.items():
        x, y, colour = across(mean.transitions), up(mean.delay), _BLUE if name == OURS else _GREY
        yield f'<circle cx="{x}" cy="{y}" r="{5 if name == OURS else 3}" fill="{colour}"/>'
        side, anchor = (-8, "end") if x > _PANEL * 0.6 else (8, "start")
        weight = ' font-weight="bold"' if name == OURS else ""
        # Next to "fixed 60 s" there is little room.
        down = 15 if name == DOUBLING else -5
        yield f'<text x="{x + side}" y="{y + down}" text-anchor="{anchor}" fill="{colour}"{weight}>{name}</text>'


def _ticks(low: float, high: float) -> list[int]:
    """Return round numbers between two numbers: six at most."""
    numbers = [factor * 10**power for power in range(6) for factor in (1, 2, 5)]
    found = [number for number in numbers if low <= number <= high]
    return found[:: len(found) // 6 + 1]
