"""Shows figures in the terminal and in RESULTS.md, and compares them with the committed ones."""

from __future__ import annotations

import os
import platform
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path

from benchmarks.figures import HEADINGS, Figure

RESULTS = Path(__file__).with_name("RESULTS.md")
# Ratios of a busy machine differ by less than this.
TOLERANCE = 0.25
_PACKAGES = ("bedrock-agentcore", "strands-agents", "boto3", "aws-lambda-powertools", "ministack")


def show(figures: Sequence[Figure]) -> str:
    """Return figures as a table for a terminal."""
    rows = [HEADINGS, *(figure.row() for figure in figures)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEADINGS))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    )


def markdown(figures: Sequence[Figure], *, notes: str, rounds: int) -> str:
    """Return the text of RESULTS.md.

    Args:
        figures: What was measured.
        notes: What follows the table.
        rounds: How often each process was started.
    """
    versions = ", ".join(f"{name} {metadata.version(name)}" for name in _PACKAGES)
    rows = [HEADINGS, ("---",) * len(HEADINGS), *(figure.row() for figure in figures)]
    table = "\n".join(f"| {' | '.join(row)} |" for row in rows)
    return f"""# Benchmarks

`make bench` writes this file. Ratios compare processes that ran in turn on the same machine; times depend on it.

- **When**: {datetime.now(UTC):%Y-%m-%d}, {rounds} rounds
- **Machine**: {platform.machine()}, {os.cpu_count()} cores ({_processor()}), {platform.system()}
- **Load** at the end, of this and of other work: {os.getloadavg()[0]:.1f}
- **Versions**: Python {platform.python_version()}, {versions}

{table}

{notes.strip()}
"""


def _processor() -> str:
    """Return the name of the processor, if the system shows it."""
    info = Path("/proc/cpuinfo")
    found = re.search(r"^model name\s*: (.+)$", info.read_text(), re.MULTILINE) if info.exists() else None
    return found[1] if found else platform.processor() or "unknown processor"


def ratios(text: str) -> Mapping[str, float]:
    """Return the ratios in the table of RESULTS.md, by the name of their figure."""
    table = text.partition(f"| {' | '.join(HEADINGS)} |")[2].partition("\n\n")[0]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines() if line]
    name, ratio = HEADINGS.index("figure"), HEADINGS.index("ratio")
    return {row[name]: float(row[ratio]) for row in cells if re.fullmatch(r"[\d.]+", row[ratio])}


def check(figures: Sequence[Figure], committed: Mapping[str, float]) -> int:
    """Show figures, and return 1 if a guarded ratio is worse than the committed one, or has none to compare with."""
    print(show(figures))
    problems = [
        problem
        for figure in figures
        if figure.is_guarded and figure.ratio is not None
        for problem in _problems(figure.name, figure.ratio, committed.get(figure.name))
    ]
    for problem in problems:
        print(problem, file=sys.stderr)
    return 1 if problems else 0


def _problems(name: str, ratio: float, committed: float | None) -> Iterator[str]:
    if committed is None:
        yield f"{name} is {ratio:.2f}, but {RESULTS.name} has no such ratio: run 'make bench' and commit the result"
    elif ratio > committed * (1 + TOLERANCE):
        yield (
            f"{name} is {ratio:.2f}, {ratio / committed - 1:.0%} above the committed {committed:.2f}: find out what "
            "has become slower, or run 'make bench' and commit the result"
        )
