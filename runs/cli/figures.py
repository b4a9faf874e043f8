"""`runs stats` and `runs doctor`: figures with sparklines, and checks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from runs.cli import text
from runs.cli.screen import Screen
from runs.doctor.finding import Finding, Level
from runs.spending import Spending
from runs.stats import Spread, Stats

if TYPE_CHECKING:
    from rich.text import Text

_LABEL_WIDTH = 12
_NUMBER_WIDTH = 8
_LEVEL_WIDTH, _WHAT_WIDTH = 6, 16
_BARS, _ASCII_BARS = " ▁▂▃▄▅▆▇█", " .:-=+*#@"
_LONGEST_SPARKLINE = 60
_NAMED_ERRORS = 3
_LOOKS = {
    Level.OK: text.Look(word="ok", sign="✓", ascii_sign="+", colour="green"),
    Level.WARN: text.Look(word="warn", sign="!", ascii_sign="!", colour="yellow"),
    Level.FAIL: text.Look(word="fail", sign="✗", ascii_sign="x", colour="red"),
}


def print_stats(screen: Screen, stats: Stats, *, period: str) -> None:
    """Print the statistics of a period, such as `30d`."""
    if not stats.total:
        screen.line(f"No run in the last {period}: start one with 'runs start', or raise --since")
        return
    percents = next((spread.percentiles for spread in stats.seconds.values()), {50: 0.0, 90: 0.0, 99: 0.0})
    names = ["RUNS", "SHARE", *(f"P{percent}" for percent in percents), "LONGEST", "COST"]
    screen.line(f"{'STATUS':<{_LABEL_WIDTH}}", *_numbers(names))
    for status in text.LOOKS:
        if count := stats.by_status.get(status, 0):
            word = screen.status(status)
            word.truncate(_LABEL_WIDTH, pad=True)
            cells = [
                str(count),
                f"{100 * count / stats.total:.0f} %",
                *_spread(stats.seconds.get(status), len(percents)),
                text.usd(stats.spending.by_status.get(status)),
            ]
            screen.line(word, *_numbers(cells))
    if stats.detection_seconds is not None:
        cells = [str(stats.detection_seconds.count), "", *_spread(stats.detection_seconds, len(percents))]
        screen.line(f"{'detection':<{_LABEL_WIDTH}}", *_numbers(cells))
    screen.line("")
    if stats.errors:
        shown = [f"{kind} {count}" for kind, count in list(stats.errors.items())[:_NAMED_ERRORS]]
        _fact(screen, "errors", " · ".join([*shown, *(["…"] if len(stats.errors) > _NAMED_ERRORS else [])]))
    tokens = stats.tokens
    if tokens.total:
        _fact(
            screen,
            "tokens",
            f"in {text.count(tokens.read)} · cache read {text.count(tokens.cache_read)} · cache write "
            f"{text.count(tokens.cache_written)} · out {text.count(tokens.written)}",
        )
    for label, value in _spending(stats.spending):
        _fact(screen, label, value)
    for label, values in (
        ("runs a day", [day.runs for day in stats.days]),
        ("failed", [day.failed for day in stats.days]),
        ("tokens a day", [day.tokens for day in stats.days]),
    ):
        if any(values):
            _fact(screen, label, f"{sparkline(screen, values)}  at most {text.count(max(values))}")
    if any(costs := [day.usd for day in stats.days]):
        microdollars = [int(usd * 1_000_000) for usd in costs]
        _fact(screen, "cost a day", f"{sparkline(screen, microdollars)}  at most {text.usd(max(costs))}")
    if stats.detection_seconds is not None:
        screen.line("")
        screen.line("detection: from the agent's end to the workflow's, of the newest runs")


def _spending(spending: Spending) -> Iterator[tuple[str, str]]:
    if spending.by_status:
        yield "cost", f"{text.usd(spending.usd)}, an estimate at list prices"
        rest = {"AgentCore": spending.runtime, "everything else": spending.rest}
        for what, usd in (spending.by_model | rest).items():
            yield "", f"{text.usd(usd):>{_NUMBER_WIDTH}}  {what}"
        if spending.unpriced_models:
            yield "", f"on top, at a price that is not known: {', '.join(spending.unpriced_models)}"
        if spending.unknown_runs:
            yield "", f"{spending.unknown_runs} ended runs have no cost in the journal"


def print_finding(screen: Screen, finding: Finding) -> None:
    """Print what a check has found, and what to do."""
    what = f"  {finding.what:<{_WHAT_WIDTH}}  "
    screen.wrapped(finding.found, _level(screen, finding.level), what, indent=_LEVEL_WIDTH + len(what))
    if finding.remedy:
        arrow = "→" if screen.shows_signs else "->"
        screen.wrapped(f"{arrow} {finding.remedy}", indent=_LEVEL_WIDTH + 2)


def sparkline(screen: Screen, values: Sequence[int]) -> str:
    """Return one character for each value, or for several neighbours whose values are added."""
    each = -(-len(values) // _LONGEST_SPARKLINE)
    sums = [sum(values[start : start + each]) for start in range(0, len(values), each)]
    bars = _BARS if screen.shows_signs else _ASCII_BARS
    # Any value above 0 is visible.
    return "".join(bars[-(-value * (len(bars) - 1) // max(sums))] for value in sums)


def _level(screen: Screen, level: Level) -> Text:
    from rich.text import Text

    one = _LOOKS[level]
    return Text(f"{one.sign if screen.shows_signs else one.ascii_sign} {one.word:<4}", style=one.colour)


def _spread(spread: Spread | None, percents: int) -> list[str]:
    if spread is None:
        return [text.UNKNOWN] * (percents + 1)
    return [text.duration(value) for value in (*spread.percentiles.values(), spread.largest)]


def _numbers(cells: Sequence[str]) -> list[str]:
    return [cell.rjust(_NUMBER_WIDTH) for cell in cells]


def _fact(screen: Screen, label: str, value: str) -> None:
    screen.line(f"{label:<{_LABEL_WIDTH}}  {value}")
