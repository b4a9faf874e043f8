"""A function as Lambda runs it: AWS's emulator starts AWS's runtime interface client, which imports the handler."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from local import processes

_INVOCATIONS = "/2015-03-31/functions/function/invocations"
# Only a process that hangs needs so long.
_START_SECONDS = 60
_RESPONSE_SECONDS = 60


@dataclass(frozen=True, kw_only=True)
class FunctionCode:
    """The files that a function needs.

    Attributes:
        folder: The unpacked bundle.
        runtime_client: The folder of AWS's runtime interface client.
        python: An interpreter of AWS's Python version.
        emulator: AWS's emulator of Lambda.
    """

    folder: Path
    runtime_client: Path
    python: Path
    emulator: Path


class Function:
    """A running function.

    Args:
        address: Host and port of the emulator.
        log: Output of the emulator and the function.
    """

    def __init__(self, address: str, log: Path) -> None:
        self._address = address
        self._log = log

    def invoke(self, event: Any) -> Any:
        """Return the response of an invocation: decoded JSON, or a text, for example after a timeout."""
        url, body = f"http://{self._address}{_INVOCATIONS}", json.dumps(event)
        response = httpx.post(url, content=body, timeout=_RESPONSE_SECONDS, trust_env=False)
        try:
            return response.json()
        except ValueError:
            return response.text

    @property
    def output(self) -> str:
        """Everything that was written."""
        return self._log.read_text()

    @property
    def log_lines(self) -> list[dict[str, Any]]:
        """The lines of JSON that CloudWatch would get."""
        return [json.loads(line) for line in self.output.splitlines() if line.startswith("{")]


@contextmanager
def running(code: FunctionCode, verb: str, log: Path, variables: Mapping[str, str]) -> Iterator[Function]:
    """Run a function until the end of the block.

    Args:
        code: What it runs from.
        verb: Its name: start or stop.
        log: Gets what it writes.
        variables: Its environment variables, in addition to those that Lambda sets.
    """
    port = processes.free_port()
    address = f"127.0.0.1:{port}"
    process = processes.spawn(
        [
            *(str(code.emulator), "--runtime-interface-emulator-address", address),
            *("--runtime-api-address", f"127.0.0.1:{processes.free_port()}"),
            *(str(code.python), "-m", "awslambdaric", f"functions.{verb}.handler"),
        ],
        environment={
            "PATH": "/usr/bin:/bin",
            "LAMBDA_TASK_ROOT": str(code.folder),
            "PYTHONPATH": f"{code.folder}:{code.runtime_client}",
            "AWS_LAMBDA_FUNCTION_NAME": verb,
            "AWS_LAMBDA_LOG_FORMAT": "JSON",
            "AWS_REGION": "eu-west-1",
            "AWS_DEFAULT_REGION": "eu-west-1",
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            **variables,
        },
        log=log,
        directory=code.folder,
    )
    try:
        _wait_until_it_listens(port, process, log)
        yield Function(address, log)
    finally:
        processes.end(process, grace_seconds=5)


def _wait_until_it_listens(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while processes.is_free(port):
        if process.poll() is not None or time.monotonic() > deadline:
            raise AssertionError(f"The emulator does not listen (status {process.poll()}): {log.read_text()}")
        time.sleep(0.02)
