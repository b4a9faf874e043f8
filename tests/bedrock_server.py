"""Amazon Bedrock's ConverseStream on loopback, for tests.

boto3 and Strands' BedrockModel talk to it as to the real one: `AWS_ENDPOINT_URL_BEDROCK_RUNTIME` selects it. It refuses
what Bedrock refuses, with Bedrock's errors, and can break a stream in the middle.
"""

from __future__ import annotations

import json
import os
import re
import struct
import sys
import threading
import time
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import unquote

import pytest

from tests.bedrock_rules import RefusedError, check

USAGE = {"inputTokens": 300, "outputTokens": 200, "cacheReadInputTokens": 20_000, "cacheWriteInputTokens": 5_000}

Request = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Turn:
    """What the model says in one turn: a text, or the call of a tool.

    Attributes:
        text: The text, if there is no call.
        tool: Name of the tool to call.
        arguments: The tool's arguments.
        usage: The four counts of tokens.
        breaks_with: How the stream ends early: the name of an exception's event, such as `serviceUnavailableException`,
            or `""` for a dropped connection; None to end as it should.
        breaks_at: The share of the events that comes before a break.
    """

    text: str = "All is well."
    tool: str | None = None
    arguments: Mapping[str, Any] = field(default_factory=dict)
    usage: Mapping[str, int] = field(default_factory=lambda: USAGE)
    breaks_with: str | None = None
    breaks_at: float = 0.5


@dataclass(frozen=True, kw_only=True)
class Refusal:
    """An error instead of a stream.

    Attributes:
        status: The HTTP status.
        code: The error's code, such as `ThrottlingException`.
        message: The error's message.
    """

    status: int
    code: str
    message: str = "Please try again later."


DROPPED = "dropped"
"""The connection is closed without a response."""
SILENT = "silent"
"""There is no response until the server is closed."""

Answer = Turn | Refusal | str


class BedrockServer:
    """The server. Tests set its answers.

    Attributes:
        endpoint: Its URL.
        requests: The bodies of all requests, with `modelId`.
        answers: The next answers, each for one request. Without one, `play` answers.
        play: Returns the answer to a request.
        longest_input: Number of characters of messages above which the input is too long.
    """

    def __init__(self) -> None:
        self.requests: list[Request] = []
        self.answers: list[Answer] = []
        self.play: Callable[[Request], Answer] = lambda _: Turn()
        self.longest_input = 10_000_000
        self.closing = threading.Event()
        self._http = _Server(("127.0.0.1", 0), type("Handler", (_Handler,), {"bedrock": self}))
        self._http.daemon_threads = True
        self.endpoint = f"http://127.0.0.1:{self._http.server_address[1]}"

    def answer(self, request: Request) -> Answer:
        """Return the answer to a request; raise `RefusedError` if Bedrock would refuse it."""
        self.requests.append(request)
        if self.answers:
            return self.answers.pop(0)
        check(request, longest_input=self.longest_input)
        return self.play(request)

    @contextmanager
    def serving(self) -> Iterator[BedrockServer]:
        """Serve within this context."""
        thread = threading.Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        try:
            yield self
        finally:
            self.closing.set()
            self._http.shutdown()
            self._http.server_close()
            thread.join()


class _Server(ThreadingHTTPServer):
    def handle_error(self, request: Any, client_address: Any) -> None:
        """Print an error, unless the client is gone: tests kill agents while they wait for an answer."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    bedrock: BedrockServer
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        path = re.fullmatch(r"/model/(?P<model>[^/]+)/converse-stream", self.path)
        try:
            assert path, f"Bedrock has no {self.path}"
            answer = self.bedrock.answer(body | {"modelId": unquote(path["model"])})
        except RefusedError as refused:
            answer = Refusal(status=400, code=refused.code, message=str(refused))
        if isinstance(answer, Turn):
            self._stream(answer)
        elif isinstance(answer, Refusal):
            self._refuse(answer)
        else:
            if answer == SILENT:
                self.bedrock.closing.wait()
            self.close_connection = True

    def _refuse(self, refusal: Refusal) -> None:
        content = json.dumps({"message": refusal.message}).encode()
        self.send_response(refusal.status)
        self.send_header("x-amzn-ErrorType", refusal.code)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def _stream(self, turn: Turn) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "application/vnd.amazon.eventstream")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        events = _events(turn, f"tooluse_{time.monotonic_ns()}")
        sent = len(events) if turn.breaks_with is None else int(len(events) * turn.breaks_at)
        for name, payload in events[:sent]:
            self._chunk(encode(name, payload))
        if turn.breaks_with == "":
            self.close_connection = True
            return
        if turn.breaks_with is not None:
            self._chunk(encode(turn.breaks_with, {"message": "The stream broke."}, kind="exception"))
        self._chunk(b"")

    def _chunk(self, content: bytes) -> None:
        self.wfile.write(b"%x\r\n%s\r\n" % (len(content), content))

    def log_message(self, *_: Any) -> None:
        """Print nothing."""


def _events(turn: Turn, call_id: str) -> Sequence[tuple[str, Any]]:
    start: Any = {"toolUse": {"name": turn.tool, "toolUseId": call_id}} if turn.tool else None
    text = json.dumps(turn.arguments) if turn.tool else turn.text
    halves = [text[: len(text) // 2], text[len(text) // 2 :]]
    deltas = [{"toolUse": {"input": half}} if turn.tool else {"text": half} for half in halves]
    usage = {**turn.usage, "totalTokens": sum(turn.usage.values())}
    return [
        ("messageStart", {"role": "assistant"}),
        *([("contentBlockStart", {"contentBlockIndex": 0, "start": start})] if start else []),
        *(("contentBlockDelta", {"contentBlockIndex": 0, "delta": delta}) for delta in deltas),
        ("contentBlockStop", {"contentBlockIndex": 0}),
        ("messageStop", {"stopReason": "tool_use" if turn.tool else "end_turn"}),
        ("metadata", {"usage": usage, "metrics": {"latencyMs": 1}}),
    ]


def encode(name: str, payload: Any, *, kind: str = "event") -> bytes:
    """Return one message of an event stream (`application/vnd.amazon.eventstream`)."""
    values = {f":{kind}-type": name, ":content-type": "application/json", ":message-type": kind}
    headers = b"".join(
        struct.pack("!B", len(key)) + key.encode() + struct.pack("!BH", 7, len(value)) + value.encode()
        for key, value in values.items()
    )
    content = json.dumps(payload).encode()
    prelude = struct.pack("!II", 16 + len(headers) + len(content), len(headers))
    message = prelude + struct.pack("!I", zlib.crc32(prelude)) + headers + content
    return message + struct.pack("!I", zlib.crc32(message))


@pytest.fixture
def bedrock(monkeypatch: pytest.MonkeyPatch) -> Iterator[BedrockServer]:
    """Return a server that takes Bedrock's place in this test's process."""
    if "AWS_ACCESS_KEY_ID" not in os.environ:
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    with BedrockServer().serving() as server:
        monkeypatch.setenv("AWS_ENDPOINT_URL_BEDROCK_RUNTIME", server.endpoint)
        yield server
