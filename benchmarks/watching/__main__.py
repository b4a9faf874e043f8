"""Compare ways to wait: `python -m benchmarks.watching`, with `--write` also the chart in docs/."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from benchmarks.watching import chart
from benchmarks.watching.comparison import compare, show
from benchmarks.watching.distributions import ALL


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the comparison."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.watching", description=__doc__)
    parser.add_argument("--seed", type=int, default=1, help="seed of the durations (default: 1)")
    parser.add_argument("--write", action="store_true", help=f"write the chart to docs/{chart.FILE.name}")
    options = parser.parse_args(arguments)
    comparisons = [compare(distribution, options.seed) for distribution in ALL]
    print(show(comparisons))
    if options.write:
        chart.FILE.write_text(chart.draw(comparisons))
    return 0


if __name__ == "__main__":
    sys.exit(main())
