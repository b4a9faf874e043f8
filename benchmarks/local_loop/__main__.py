"""Measure the local loop: `python -m benchmarks.local_loop`.

It runs `make run` several times, and then increasing numbers of concurrent runs on one local stack.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from benchmarks.local_loop.bursts import MOST_RUNS, ROUNDS, measure, table
from benchmarks.report import show


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, and print the figures."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.local_loop", description=__doc__)
    parser.add_argument("--rounds", type=int, default=ROUNDS, help=f"number of rounds (default: {ROUNDS})")
    parser.add_argument("--runs", type=int, default=MOST_RUNS, help=f"runs at once (default: {MOST_RUNS})")
    options = parser.parse_args(arguments)
    figures, bursts = measure(options.rounds, options.runs)
    print(f"{show(figures)}\n\n{table(bursts)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
