"""Measure how soon a fresh agent answers: `python -m benchmarks.answer`.

Each round starts two processes in turn: the smallest agent of the AgentCore SDK, and this project's agent, which begins
a real run against an emulated account. The same client measures both: the time from the start of the process to its
first ping, the time of the first answer, and the slowest ping in the first seconds after it.
"""

from __future__ import annotations

import argparse
import contextlib
import http.client
import json
import statistics
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from agent.harness.schema import PARTITION_KEY, RUN_SORT_KEY, SORT_KEY, Attribute, Status
from local import processes
from local.stack import SCRIPTED_MODEL, LocalStack, Options

ROUNDS = 15
PINGED_SECONDS = 4.0
_PING_PAUSE_SECONDS = 0.02
_LONGEST_START_SECONDS = 60.0
_SESSION_HEADER = "X-Amzn-Bedrock-AgentCore-Runtime-Session-Id"

BARE = ("-m", "benchmarks.bare_agent")
AGENT = ("-m", "agent")


@dataclass(frozen=True, kw_only=True)
class Figures:
    """What was measured of one process, in milliseconds.

    Attributes:
        ready: From the start of the process to its first ping.
        answer: The first answer to an invocation.
        worst_ping: The slowest ping after that.
    """

    ready: float
    answer: float
    worst_ping: float


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, and print the medians of both agents and their ratios."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.answer", description=__doc__)
    parser.add_argument("--rounds", type=int, default=ROUNDS, help=f"number of rounds (default: {ROUNDS})")
    parser.add_argument(
        "--instrumented", action="store_true", help="start both with opentelemetry-instrument, as AWS starts the agent"
    )
    options = parser.parse_args(arguments)
    starter = [str(Path(sys.executable).with_name("opentelemetry-instrument"))] if options.instrumented else []
    measured: dict[str, list[Figures]] = {"bare SDK": [], "agent": []}
    with tempfile.TemporaryDirectory() as state, LocalStack(Options(state=Path(state))) as stack:
        stack.deploy()
        stack.fill_estate()
        environment = _environment(stack)
        for number in range(options.rounds):
            for name, command in (("bare SDK", BARE), ("agent", AGENT)):
                session_id = str(uuid.uuid4())
                _claim(stack, session_id)
                log = stack.logs / f"{name}-{number}.log"
                measured[name].append(_measure([*starter, sys.executable, *command], environment, session_id, log))
            print(f"\rround {number + 1} of {options.rounds}", end="", flush=True, file=sys.stderr)
    print(file=sys.stderr)
    _print(measured)
    return 0


def _environment(stack: LocalStack) -> dict[str, str]:
    runtime = stack.client("bedrock-agentcore-control").get_agent_runtime(
        agentRuntimeId=stack.outputs["agent_runtime_id"]
    )
    own = {"PYTHONPATH": str(processes.PROJECT), "OTEL_TRACES_EXPORTER": "none", "OTEL_METRICS_EXPORTER": "none"}
    declared: dict[str, str] = runtime["environmentVariables"]
    return {**processes.base_environment(), **stack.account().environment(), **own, **declared, **SCRIPTED_MODEL}


def _claim(stack: LocalStack, session_id: str) -> None:
    item = {
        PARTITION_KEY: {"S": session_id},
        SORT_KEY: {"S": RUN_SORT_KEY},
        Attribute.STATUS: {"S": Status.PENDING},
        Attribute.ATTEMPT: {"N": "1"},
    }
    stack.client("dynamodb").put_item(TableName=stack.outputs["journal_table_name"], Item=item)


def _measure(command: list[str], environment: Mapping[str, str], session_id: str, log: Path) -> Figures:
    port = processes.free_port()
    began = time.perf_counter()
    process = processes.spawn(command, environment={**environment, "PORT": str(port)}, log=log)
    try:
        _wait_for_ping(process, port, log)
        ready = time.perf_counter() - began
        body = {"session_id": session_id, "attempt": 1, "prompt": "Look.", "deadline_at": time.time() + 3_600}
        answer = _timed(port, "POST", "/invocations", json.dumps(body), {_SESSION_HEADER: session_id})
        until, pings = time.perf_counter() + PINGED_SECONDS, []
        while time.perf_counter() < until:
            pings.append(_timed(port, "GET", "/ping"))
            time.sleep(_PING_PAUSE_SECONDS)
    finally:
        processes.end(process, grace_seconds=5)
    return Figures(ready=ready * 1_000, answer=answer, worst_ping=max(pings))


def _wait_for_ping(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    until = time.perf_counter() + _LONGEST_START_SECONDS
    while time.perf_counter() < until and process.poll() is None:
        with contextlib.suppress(ConnectionError):
            _timed(port, "GET", "/ping")
            return
        time.sleep(0.005)
    raise RuntimeError(f"The agent answers no ping. The last lines of {log}:\n{processes.last_lines(log)}")


def _timed(port: int, method: str, path: str, body: str | None = None, headers: Mapping[str, str] | None = None) -> Any:
    """Send a request over a connection of its own; return the milliseconds until the whole answer was there."""
    began = time.perf_counter()
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=_LONGEST_START_SECONDS)
    try:
        connection.request(method, path, body, {"Content-Type": "application/json", **(headers or {})})
        answer = connection.getresponse()
        text = answer.read()
        if answer.status != http.HTTPStatus.OK:
            raise RuntimeError(f"{method} {path} was answered with {answer.status}: {text!r}")
    finally:
        connection.close()
    return (time.perf_counter() - began) * 1_000


def _print(measured: Mapping[str, Sequence[Figures]]) -> None:
    print(f"median (smallest to largest) of {len(measured['agent'])} fresh processes, in ms")
    for title, name in (("start to first ping", "ready"), ("first answer", "answer"), ("worst ping", "worst_ping")):
        columns = {agent: sorted(getattr(one, name) for one in figures) for agent, figures in measured.items()}
        medians = {agent: statistics.median(values) for agent, values in columns.items()}
        shown = "   ".join(
            f"{agent} {medians[agent]:6.1f} ({values[0]:.1f} to {values[-1]:.1f})" for agent, values in columns.items()
        )
        print(f"{title:20} {shown}   ratio {medians['agent'] / medians['bare SDK']:.2f}")


if __name__ == "__main__":
    sys.exit(main())
