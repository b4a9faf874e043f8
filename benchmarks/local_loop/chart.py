"""Draws how time and memory grow with the number of runs, as SVG."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from benchmarks.local_loop.bursts import Burst

_PANEL, _HEIGHT, _MARGIN = 360, 240, 50


def draw(bursts: Sequence[Burst]) -> str:
    """Return the chart: seconds on the left, memory on the right. The grey line is what linear growth would be."""
    runs = [burst.runs for burst in bursts]
    panels = [
        ("seconds until all have ended", [burst.seconds for burst in bursts]),
        ("MB of memory", [burst.megabytes for burst in bursts]),
    ]
    width = _PANEL * len(panels)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {_HEIGHT}" font-family="sans-serif" '
        'font-size="11" fill="#24292f">',
        "<title>Time and memory of runs at once</title>",
        f'<rect width="{width}" height="{_HEIGHT}" fill="#ffffff"/>',
    ]
    for number, (title, values) in enumerate(panels):
        parts += [f'<g transform="translate({number * _PANEL} 0)">', *_panel(title, runs, values), "</g>"]
    return "\n".join([*parts, "</svg>", ""])


def _panel(title: str, runs: Sequence[int], values: Sequence[float]) -> Iterator[str]:
    most_runs, most = max(runs), max(values) * 1.1

    def place(number: float, value: float) -> str:
        x = _MARGIN + (_PANEL - 2 * _MARGIN) * number / most_runs
        y = _HEIGHT - _MARGIN - (_HEIGHT - 2 * _MARGIN) * value / most
        return f"{x:.1f},{y:.1f}"

    yield f'<text x="{_MARGIN}" y="24" font-weight="bold">{title}</text>'
    yield f'<polyline points="{place(runs[0], values[0])} {place(runs[-1], values[-1])}" fill="none" stroke="#8a8f98"/>'
    points = [place(number, value) for number, value in zip(runs, values, strict=True)]
    yield f'<polyline points="{" ".join(points)}" fill="none" stroke="#1f6feb" stroke-width="2"/>'
    for point, number, value in zip(points, runs, values, strict=True):
        x, y = point.split(",")
        yield f'<circle cx="{x}" cy="{y}" r="3" fill="#1f6feb"/>'
        yield f'<text x="{x}" y="{float(y) - 8:.1f}" text-anchor="middle">{value:,.0f}</text>'
        yield f'<text x="{x}" y="{_HEIGHT - _MARGIN + 16}" text-anchor="middle">{number}</text>'
    yield f'<text x="{_PANEL - _MARGIN}" y="{_HEIGHT - 12}" text-anchor="end">runs at once</text>'
