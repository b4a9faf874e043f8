"""Measure how soon a fresh agent answers: `python -m benchmarks.answer`.

Each round starts processes in turn: the smallest agents of the AgentCore SDK, and this project's agent, which begins a
real run against an emulated account. The same client measures all of them.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path

from benchmarks.agents import first_call
from benchmarks.agents.session import AGENT, BARE, BARE_STRANDS, Session
from benchmarks.figures import Figure, median, percentile
from benchmarks.report import show
from local.stack import LocalStack, Options
from local.terminal.console import Console

ROUNDS = 15
PINGED_SECONDS = 4.0
_PING_PAUSE_SECONDS = 0.02
_FIRST_CALL_SECONDS = 30.0


def measure(rounds: int) -> list[Figure]:
    """Return the figures of some rounds."""
    with tempfile.TemporaryDirectory() as state, LocalStack(Options(state=Path(state))) as stack:
        stack.deploy()
        stack.fill_estate()
        console = Console(sys.stderr)
        figures = [*_answers(stack, rounds, console), *_cold_starts(stack, max(2, rounds // 3), console)]
        console.clear()
        return figures


def _answers(stack: LocalStack, rounds: int, console: Console) -> list[Figure]:
    ready, answers, worst_pings = (defaultdict[str, list[float]](list) for _ in range(3))
    for number in range(rounds):
        console.status(f"answer: round {number + 1} of {rounds}")
        with Session(stack, BARE) as bare_session:
            ready["bare"].append(bare_session.ready_ms)
            answers["bare"].append(bare_session.invoke())
            with Session(stack, AGENT) as session:
                ready["ours"].append(session.ready_ms)
                answers["ours"].append(session.invoke())
                for name, ping in _worst_pings(ours=session, bare=bare_session).items():
                    worst_pings[name].append(ping)
    bare = "bare BedrockAgentCoreApp"
    return [
        _compare("start to first ping, p50", ready, 0.5, bare, before="1.23 x"),
        _compare("first answer, p50", answers, 0.5, bare, most=1.3, before="16.3 ms, 3.3 x"),
        _compare("first answer, p99", answers, 0.99, bare, most=2.0, is_guarded=False),
        _compare(
            f"slowest ping in the {PINGED_SECONDS:g} s after the answer, p50",
            worst_pings,
            0.5,
            f"{bare} at the same time",
            most=2.0,
            before="64 ms, 3.8 x",
            is_guarded=False,
        ),
    ]


def _cold_starts(stack: LocalStack, rounds: int, console: Console) -> list[Figure]:
    ready, first_calls = (defaultdict[str, list[float]](list) for _ in range(2))
    for number in range(rounds):
        console.status(f"cold start: round {number + 1} of {rounds}")
        for name, command in (("bare", BARE_STRANDS), ("ours", AGENT)):
            file = stack.logs / f"first-call-{name}-{number}"
            variables = {"MODEL_FACTORY": "benchmarks.agents.first_call:create", first_call.FILE_VARIABLE: str(file)}
            with Session(stack, command, is_instrumented=True, variables=variables) as session:
                ready[name].append(session.ready_ms)
                requested_at = time.time()
                session.invoke()
                first_calls[name].append((_read(file) - requested_at) * 1_000)
    bare = "SDK app with Strands and a saved conversation"
    return [
        _compare("instrumented start to first ping, p50", ready, 0.5, bare, most=1.3),
        _compare("request to first model call, p50", first_calls, 0.5, bare, most=1.3),
    ]


def _worst_pings(**sessions: Session) -> dict[str, float]:
    """Return the slowest ping of each session. Pinged in turn, each has the same share of the machine."""
    until, pings = time.perf_counter() + PINGED_SECONDS, defaultdict[str, list[float]](list)
    while time.perf_counter() < until:
        for name, session in sessions.items():
            pings[name].append(session.ping()[0])
        time.sleep(_PING_PAUSE_SECONDS)
    return {name: max(taken) for name, taken in pings.items()}


def _read(file: Path) -> float:
    until = time.monotonic() + _FIRST_CALL_SECONDS
    while not (file.exists() and file.stat().st_size):
        if time.monotonic() > until:
            raise RuntimeError(
                f"The agent has not called its model within {_FIRST_CALL_SECONDS:g} s: read {file.parent}"
            )
        time.sleep(0.001)
    return float(file.read_text())


def _compare(
    name: str,
    measured: Mapping[str, Sequence[float]],
    share: float,
    compared_with: str,
    *,
    most: float | None = None,
    before: str = "",
    is_guarded: bool = True,
) -> Figure:
    ours, bare = (
        median(values) if share == 0.5 else percentile(values, share) for values in (measured["ours"], measured["bare"])
    )
    return Figure(
        name=name,
        value=ours,
        unit="ms",
        base=bare,
        compared_with=compared_with,
        most=most,
        before=before,
        is_guarded=is_guarded,
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, and print the figures."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.answer", description=__doc__)
    parser.add_argument("--rounds", type=int, default=ROUNDS, help=f"number of rounds (default: {ROUNDS})")
    print(show(measure(parser.parse_args(arguments).rounds)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
