"""Measures `make run`, and increasing numbers of concurrent runs on one local stack."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import psutil  # type: ignore[import-untyped]

from agent.harness.schema import Attribute, Status
from benchmarks.figures import Figure, median
from local import processes
from local.agentcore.limits import Limits
from local.stack import LocalStack, Options

ROUNDS = 3
MOST_RUNS = 100
_AT_ONCE = (1, 10, 30, 100)
_LONGEST_SECONDS = 300.0
# The kernel walks all pages for a sample, so 100 processes take long: a twentieth of the time at most.
_SAMPLE_SECONDS, _SAMPLE_SHARE = 1.0, 0.05


@dataclass(frozen=True, kw_only=True)
class Burst:
    """Runs that were requested at once.

    Attributes:
        runs: How many.
        seconds: From the first request to the last end.
        megabytes: Highest memory use of all processes. Shared memory counts once.
        attempts: Attempts of all runs; more than runs if an attempt was taken over.
    """

    runs: int
    seconds: float
    megabytes: float
    attempts: int


def measure(rounds: int, most_runs: int) -> tuple[list[Figure], list[Burst]]:
    """Return the figures, and the bursts.

    Args:
        rounds: How often `make run` is measured.
        most_runs: The largest burst.
    """
    _make_run()  # fills the caches
    phases, whole = [], []
    for _ in range(rounds):
        began = time.perf_counter()
        phases.append(_make_run())
        whole.append(time.perf_counter() - began)
    bursts = [_burst(runs) for runs in _AT_ONCE if runs <= most_runs]
    one, largest = bursts[0], bursts[-1]
    figures = [
        Figure(name="make run, whole", value=median(whole), unit="s", most=8, before="8.5 to 12 s"),
        Figure(name="make run: start", value=median([phase["start"] for phase in phases]), unit="s", most=1),
        Figure(
            name="make run: deploy",
            value=median([phase["estate"] + phase["deploy"] for phase in phases]),
            unit="s",
            most=3,
        ),
        Figure(
            name=f"{largest.runs} runs at once, of the time of one after another",
            value=largest.seconds,
            unit="s",
            base=one.seconds * largest.runs,
            compared_with=f"{largest.runs} x one run",
            most=1,
            before="642 s, 36 take-overs" if largest.runs == MOST_RUNS else "",
        ),
        Figure(
            name=f"{largest.runs} runs at once: memory of a further run",
            value=(largest.megabytes - one.megabytes) / max(1, largest.runs - 1),
            unit="MB",
        ),
    ]
    return figures, bursts


def _make_run() -> dict[str, float]:
    """Return the seconds of each phase of `make run`, after its set-up."""
    command = [sys.executable, "-m", "local", "run", "--json"]
    done = subprocess.run(command, cwd=processes.PROJECT, capture_output=True, text=True, check=True)  # noqa: S603
    seconds: dict[str, float] = json.loads(done.stdout)["seconds"]
    return seconds


def _burst(runs: int) -> Burst:
    # As many runs may be live as are requested, and no quota delays them: what is measured is this machine.
    options = Options(
        config={"agent-runs:maxLiveRuns": str(max(10, runs))},
        limits=Limits(new_sessions_per_second=max(25.0, runs)),
    )
    with (
        tempfile.TemporaryDirectory() as state,
        LocalStack(replace(options, state=Path(state))) as stack,
    ):
        stack.deploy()
        stack.fill_estate()
        with _memory() as samples:
            began = time.perf_counter()
            requested = [stack.runs.request("Look at everything.") for _ in range(runs)]
            ended = [stack.runs.wait(session_id, seconds=_LONGEST_SECONDS) for session_id in requested]
            taken = time.perf_counter() - began
    failed = [run.error for run in ended if run.status != Status.COMPLETED]
    if failed:
        raise RuntimeError(f"{len(failed)} of {runs} runs failed: {failed[0]}")
    attempts = sum(int(run.item[Attribute.ATTEMPT]) for run in ended)
    return Burst(runs=runs, seconds=taken, megabytes=max(samples), attempts=attempts)


@contextlib.contextmanager
def _memory() -> Iterator[list[float]]:
    """Sample the memory of this process's children every second or less often, and yield the list of the samples."""
    samples, over = [_megabytes()], threading.Event()

    def sample() -> None:
        pause = _SAMPLE_SECONDS
        while not over.wait(pause):
            began = time.perf_counter()
            samples.append(_megabytes())
            pause = max(_SAMPLE_SECONDS, (time.perf_counter() - began) / _SAMPLE_SHARE)

    thread = threading.Thread(target=sample)
    thread.start()
    try:
        yield samples
    finally:
        over.set()
        thread.join()


def _megabytes() -> float:
    """Return the memory of this process's children. Shared memory counts once."""
    used = 0
    for child in psutil.Process().children(recursive=True):
        try:
            used += child.memory_full_info().pss
        except psutil.NoSuchProcess:
            continue
    return used / 1e6


def table(bursts: Sequence[Burst]) -> str:
    """Return the bursts as a table in Markdown."""
    rows = [
        f"| {burst.runs} | {burst.seconds:.1f} | {burst.seconds / burst.runs:.2f} | {burst.megabytes:,.0f} | "
        f"{burst.attempts - burst.runs} |"
        for burst in bursts
    ]
    heading = ["| runs at once | seconds | seconds a run | MB of memory | take-overs |", "|---|---|---|---|---|"]
    return "\n".join([*heading, *rows])
