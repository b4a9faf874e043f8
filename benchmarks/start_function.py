"""Measure the start function: `python -m benchmarks.start_function`.

Each round starts processes in turn: one that only makes the function's boto3 client, one that imports the function, and
one for each part of Powertools. A warm call is then compared with the client's own call, against the same server.
"""

from __future__ import annotations

import argparse
import contextlib
import http.server
import io
import json
import os
import subprocess
import sys
import threading
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from types import SimpleNamespace
from typing import Any

from benchmarks.figures import Figure, median
from benchmarks.report import show
from components.bundles import build as bundle
from components.bundles.recipes import FUNCTIONS
from local import processes

ROUNDS = 15
_WARM_CALLS = 200
_CLIENT = "from functions import sessions\nsessions.make_client(sessions.START_SECONDS)"
_BARE = (
    "import boto3\nfrom botocore.config import Config\n"
    "boto3.client('bedrock-agentcore', config=Config(connect_timeout=5, read_timeout=125))"
)
# The parts are measured after boto3, as the function imports them.
_PARTS = {
    "logger": "from aws_lambda_powertools import Logger; Logger()",
    "tracer": "from aws_lambda_powertools import Tracer; Tracer(auto_patch=False)",
    "metrics": "from aws_lambda_powertools import Metrics; Metrics(namespace='n')",
    "X-Ray's patches (left out)": "from aws_lambda_powertools import Tracer; Tracer()",
}
_RUNTIME = "arn:aws:bedrock-agentcore:eu-west-1:123456789012:runtime/agent-1234567890"
_PAYLOAD = {
    "session_id": "0b5e2f3a-1111-4222-8333-444455556666",
    "attempt": 1,
    "prompt": "Look.",
    "deadline_at": 2_000_000_000.5,
}
_ACCEPTED = json.dumps({"status": "accepted", "session_id": _PAYLOAD["session_id"], "attempt": 1}).encode()


def measure(rounds: int) -> list[Figure]:
    """Return the figures of some rounds."""
    built = bundle.build(FUNCTIONS, progress=lambda _: None)
    return [
        *_imports(rounds),
        _warm_overhead(),
        Figure(name="functions' zip", value=built.zipped_bytes / 1e6, unit="MB"),
    ]


def _imports(rounds: int) -> list[Figure]:
    programs = {"bare": _BARE, "ours": "import functions.start", "client": _CLIENT, **_parts()}
    times = defaultdict[str, list[float]](list)
    for number in range(rounds + 1):
        for name, program in programs.items():
            took = _run(program)
            if number:  # the first round only fills the caches of the file system
                times[name].append(took)
    bare, client = median(times["bare"]), median(times["client"])
    figures = [
        Figure(
            name="start function: import and client",
            value=median(times["ours"]),
            unit="ms",
            base=bare,
            compared_with="boto3's client alone",
            most=1.2,
            before="0.91 s, 1.56 x",
        )
    ]
    for part in _PARTS:
        more = max(0.0, median(times[part]) - client)
        figures.append(Figure(name=f"start function: {part}", value=more, unit="ms more"))
    return figures


def _parts() -> Mapping[str, str]:
    return {name: f"{_CLIENT}\n{program}" for name, program in _PARTS.items()}


def _run(program: str) -> float:
    """Return the milliseconds of processor time that a process needs for a program."""
    timed = f"import time\nbegan = time.process_time()\n{program}\nprint((time.process_time() - began) * 1_000)"
    environment = processes.base_environment() | {
        "PYTHONPATH": str(processes.PROJECT),
        "AWS_DEFAULT_REGION": "eu-west-1",
        "AWS_EC2_METADATA_DISABLED": "true",
        "LAMBDA_TASK_ROOT": str(processes.PROJECT),  # as on Lambda: without it, Powertools and X-Ray do other things
        "POWERTOOLS_SERVICE_NAME": "start",
    }
    done = subprocess.run([sys.executable, "-c", timed], env=environment, capture_output=True, text=True, check=True)  # noqa: S603
    return float(done.stdout.split()[-1])


def _warm_overhead() -> Figure:
    """Return the median of what the handler adds to the client's call."""
    with _server() as port:
        os.environ |= {
            "AGENT_RUNTIME_ARN": _RUNTIME,
            "JOURNAL_TABLE": "journal",
            "AWS_ENDPOINT_URL_BEDROCK_AGENTCORE": f"http://127.0.0.1:{port}",
            "AWS_ACCESS_KEY_ID": "benchmark",
            "AWS_SECRET_ACCESS_KEY": "benchmark",
            "AWS_DEFAULT_REGION": "eu-west-1",
        }
        with contextlib.redirect_stdout(io.StringIO()):  # the log lines
            from functions import sessions, start  # here, because it makes its client when it is imported

            client, context = sessions.make_client(sessions.START_SECONDS), _context()
            raw, handled = [], []
            for _ in range(_WARM_CALLS):
                raw.append(_timed(lambda: _call(client)))
                handled.append(_timed(lambda: start.handler(_PAYLOAD, context)))
    return Figure(
        name="start function: a warm call over the raw call", value=median(handled) - median(raw), unit="ms", most=1
    )


def _call(client: Any) -> None:
    response = client.invoke_agent_runtime(
        agentRuntimeArn=_RUNTIME, runtimeSessionId=_PAYLOAD["session_id"], payload=json.dumps(_PAYLOAD).encode()
    )
    response["response"].read()


def _timed(call: Any) -> float:
    began = time.perf_counter()
    call()
    return (time.perf_counter() - began) * 1_000


def _context() -> Any:
    return SimpleNamespace(
        function_name="start",
        memory_limit_in_mb=256,
        invoked_function_arn="arn:aws:lambda:eu-west-1:123456789012:function:start",
        aws_request_id="request",
    )


class _Handler(http.server.BaseHTTPRequestHandler):
    """Accepts each start."""

    protocol_version = "HTTP/1.1"
    # One packet for each answer: a second one would wait for the client's acknowledgement of the first.
    wbufsize = 65_536

    def do_POST(self) -> None:
        """Answer as an agent does."""
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(http.HTTPStatus.OK)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(_ACCEPTED)))
        self.end_headers()
        self.wfile.write(_ACCEPTED)

    def log_message(self, *_: object) -> None:
        """Print nothing."""


@contextlib.contextmanager
def _server() -> Iterator[int]:
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server.server_port
        finally:
            server.shutdown()
            thread.join()


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, and print the figures."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.start_function", description=__doc__)
    parser.add_argument("--rounds", type=int, default=ROUNDS, help=f"number of rounds (default: {ROUNDS})")
    print(show(measure(parser.parse_args(arguments).rounds)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
