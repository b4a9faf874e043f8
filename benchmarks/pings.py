"""Measure how soon `/ping` is answered while an agent analyses 1,000 functions: `python -m benchmarks.pings`."""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.agents.session import AGENT, BARE, Session
from benchmarks.figures import Figure, median, percentile
from benchmarks.report import show
from local.estate import filling, golden
from local.stack import LocalStack, Options

_PAUSE_SECONDS = 0.01
_LONGEST_ANALYSIS_SECONDS = 240.0
_BUSY = "HealthyBusy"


def measure() -> list[Figure]:
    """Return the figures of one analysis."""
    with tempfile.TemporaryDirectory() as state, LocalStack(Options(state=Path(state))) as stack:
        stack.deploy()
        filling.fill(stack.account().client, golden.THOUSAND, datetime.now(UTC))
        with Session(stack, AGENT) as session, Session(stack, BARE) as idle:
            session.invoke()
            pings, idle_pings = _pings_while_busy(session, idle)
    functions = f"an analysis of {len(golden.THOUSAND.functions):,} functions"
    return [
        Figure(name=f"ping during {functions}, p50", value=median(pings), unit="ms"),
        Figure(name="ping of an idle bare app at the same time, p99", value=percentile(idle_pings, 0.99), unit="ms"),
        Figure(name=f"ping during {functions}, p99", value=percentile(pings, 0.99), unit="ms", most=20),
        Figure(name=f"ping during {functions}, slowest of {len(pings):,}", value=max(pings), unit="ms"),
    ]


def _pings_while_busy(session: Session, idle: Session) -> tuple[list[float], list[float]]:
    """Measure pings of a busy and of an idle session in turn. Those of the idle one show the share of the machine."""
    until, pings, idle_pings = time.monotonic() + _LONGEST_ANALYSIS_SECONDS, list[float](), list[float]()
    while time.monotonic() < until:
        took, status = session.ping()
        if status != _BUSY:
            return pings, idle_pings
        pings.append(took)
        idle_pings.append(idle.ping()[0])
        time.sleep(_PAUSE_SECONDS)
    raise RuntimeError(f"The analysis has not ended within {_LONGEST_ANALYSIS_SECONDS:g} s: read {session.log}")


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, and print the figures."""
    argparse.ArgumentParser(prog="python -m benchmarks.pings", description=__doc__).parse_args(arguments)
    print(show(measure()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
