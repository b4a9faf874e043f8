"""Draws the comparison as SVG: for each distribution, state transitions against delay."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence

from benchmarks.watching.comparison import Comparison
from components import PROJECT

FILE = PROJECT / "docs" / "watching.svg"

_PANEL, _HEIGHT, _MARGIN = 300, 280, 46
_COLUMNS = 3
_INNER_WIDTH, _INNER_HEIGHT = _PANEL - _MARGIN - 14, _HEIGHT - 2 * _MARGIN
_LONGEST_DELAY = 40.0
_GREY, _DARK = "#8a8f98", "#24292f"
# The strategies in their order: colours that colour-blind people can tell apart, and a shape around the point.
_MARKS = (
    ("#d55e00", "M-4-4h8v8h-8z"),
    ("#b07a00", "M0-6l6 6l-6 6l-6-6z"),
    ("#009e73", "M0-6l6 10h-12z"),
    ("#8a4f9e", "M0 6l6-10h-12z"),
    ("#1f6feb", "M-6 0a6 6 0 1 0 12 0a6 6 0 1 0-12 0z"),
)
# The fixed intervals that the line shows, in seconds.
_SHOWN_INTERVALS = range(2, 81)


def draw(comparisons: Sequence[Comparison]) -> str:
    """Return the chart: a panel for each distribution, and what the panels have in common."""
    width, height = _PANEL * _COLUMNS, _HEIGHT * (len(comparisons) // _COLUMNS + 1)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" font-family="sans-serif" '
        f'font-size="11" fill="{_DARK}">',
        "<title>State transitions of a run against the delay until its end is seen</title>",
        f'<rect width="{width}" height="{height}" fill="#ffffff"/>',
    ]
    for number, panel in enumerate([*map(_panel, comparisons), _legend(comparisons[0].means)]):
        row, column = divmod(number, _COLUMNS)
        parts += [f'<g transform="translate({column * _PANEL} {row * _HEIGHT})">', *panel, "</g>"]
    return "\n".join([*parts, "</svg>", ""])


def _legend(names: Iterable[str]) -> Iterator[str]:
    def row(number: int) -> int:
        return _MARGIN + 8 + 22 * number

    def text(words: str, x: int, number: int) -> str:
        return f'<text x="{x}" y="{row(number) + 4}" font-size="12">{words}</text>'

    for number, (name, mark) in enumerate(zip(names, _MARKS, strict=True)):
        yield _mark(mark, _MARGIN, row(number))
        yield text(name, _MARGIN + 16, number)
    line = len(_MARKS)
    yield f'<line x1="{_MARGIN - 8}" x2="{_MARGIN + 8}" y1="{row(line)}" y2="{row(line)}" stroke="{_GREY}"/>'
    yield text("other fixed intervals", _MARGIN + 16, line)
    yield text("across: state transitions of a run", _MARGIN - 8, line + 2)
    yield text("up: delay until its end is seen", _MARGIN - 8, line + 3)
    yield text("less is better on both axes", _MARGIN - 8, line + 4)


def _mark(mark: tuple[str, str], x: float, y: float) -> str:
    colour, shape = mark
    return f'<path transform="translate({x} {y})" d="{shape}" fill="{colour}"/>'


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
    line = [
        f"{across(fixed)},{up(delay)}"
        for seconds, (fixed, delay) in comparison.fixed.items()
        if seconds in _SHOWN_INTERVALS and low <= fixed <= high and delay <= _LONGEST_DELAY
    ]
    yield f'<polyline points="{" ".join(line)}" fill="none" stroke="{_GREY}"/>'
    for mean, mark in zip(comparison.means.values(), _MARKS, strict=True):
        yield _mark(mark, across(mean.transitions), up(mean.delay))


def _ticks(low: float, high: float) -> list[int]:
    """Return round numbers between two numbers: six at most."""
    numbers = [factor * 10**power for power in range(6) for factor in (1, 2, 5)]
    found = [number for number in numbers if low <= number <= high]
    return found[:: len(found) // 6 + 1]
