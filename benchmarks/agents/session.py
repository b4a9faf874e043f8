"""A process of an agent, with the client that measures it."""

from __future__ import annotations

import contextlib
import http.client
import json
import subprocess
import sys
import time
import uuid
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

from agent.harness.schema import PARTITION_KEY, RUN_SORT_KEY, SORT_KEY, Attribute, Status
from local import processes
from local.stack import SCRIPTED_MODEL, LocalStack

AGENT = ("-m", "agent")
BARE = ("-m", "benchmarks.agents.bare_agent")
BARE_STRANDS = ("-m", "benchmarks.agents.bare_strands_agent")

_LONGEST_START_SECONDS = 60.0
_SESSION_HEADER = "X-Amzn-Bedrock-AgentCore-Runtime-Session-Id"


class Session:
    """An agent's process in the environment that AgentCore gives it, and its run in the journal.

    Args:
        stack: A deployed stack.
        command: Arguments of Python.
        is_instrumented: Whether opentelemetry-instrument starts it, as AWS starts the agent.
        variables: Environment variables to add.

    Attributes:
        id: The session's id.
        log: The process's log file.
        ready_ms: Time from the start of the process to its first ping.
    """

    def __init__(
        self,
        stack: LocalStack,
        command: Sequence[str],
        *,
        is_instrumented: bool = False,
        variables: Mapping[str, str] | None = None,
    ) -> None:
        self.id = str(uuid.uuid4())
        self.log = stack.logs / f"{self.id}.log"
        _claim(stack, self.id)
        self._port = processes.free_port()
        starter = [str(Path(sys.executable).with_name("opentelemetry-instrument"))] if is_instrumented else []
        environment = {**agent_environment(stack), **(variables or {}), "PORT": str(self._port)}
        began = time.perf_counter()
        self._process = processes.spawn([*starter, sys.executable, *command], environment=environment, log=self.log)
        try:
            _wait_for_ping(self._process, self._port, self.log)
        except BaseException:
            self.end()
            raise
        self.ready_ms = (time.perf_counter() - began) * 1_000

    def __enter__(self) -> Session:
        """Return the session."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End the process."""
        self.end()

    def invoke(self) -> float:
        """Start the run, and return the milliseconds until the whole answer was there."""
        body = {"session_id": self.id, "attempt": 1, "prompt": "Look.", "deadline_at": time.time() + 3_600}
        took, _ = _timed(self._port, "POST", "/invocations", json.dumps(body), {_SESSION_HEADER: self.id})
        return took

    def ping(self) -> tuple[float, str]:
        """Return the milliseconds that a ping took, and its status."""
        took, body = _timed(self._port, "GET", "/ping")
        return took, json.loads(body)["status"]

    def end(self) -> None:
        """End the process."""
        processes.end(self._process, grace_seconds=5)


def agent_environment(stack: LocalStack) -> dict[str, str]:
    """Return the environment of a session of a stack, without its port."""
    runtime = stack.client("bedrock-agentcore-control").get_agent_runtime(
        agentRuntimeId=stack.outputs["agent_runtime_id"]
    )
    own = {
        "PYTHONPATH": str(processes.PROJECT),
        "OTEL_TRACES_EXPORTER": "none",
        "OTEL_METRICS_EXPORTER": "none",
        "OTEL_LOGS_EXPORTER": "none",
    }
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


def _wait_for_ping(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    until = time.perf_counter() + _LONGEST_START_SECONDS
    while time.perf_counter() < until and process.poll() is None:
        with contextlib.suppress(ConnectionError):
            _timed(port, "GET", "/ping")
            return
        time.sleep(0.005)
    raise RuntimeError(f"The agent answers no ping. The last lines of {log}:\n{processes.last_lines(log)}")


def _timed(
    port: int, method: str, path: str, body: str | None = None, headers: Mapping[str, str] | None = None
) -> tuple[float, Any]:
    """Send a request over a connection of its own; return the milliseconds until the whole answer was there, and it."""
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
    return (time.perf_counter() - began) * 1_000, text
