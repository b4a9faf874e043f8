import http.server
import json
import os
import threading
from dataclasses import dataclass

import boto3
import pytest

# The handlers create clients at import. On Lambda the region is set.
os.environ.setdefault("AWS_DEFAULT_REGION", "eu-west-1")

from functions import sessions, start, stop
from tests.journal_table import dynamodb, table

__all__ = ["dynamodb", "table"]

RUNTIME_ARN = "arn:aws:bedrock-agentcore:eu-west-1:123456789012:runtime/agent-1234567890"


@dataclass
class LambdaContext:
    """The attributes of Lambda's context that Powertools reads."""

    function_name: str = "start"
    memory_limit_in_mb: int = 256
    invoked_function_arn: str = "arn:aws:lambda:eu-west-1:123456789012:function:start"
    aws_request_id: str = "request-1"


class AgentCore(http.server.ThreadingHTTPServer):
    """A real endpoint with scripted responses that records the requests."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), _Handler)
        self.requests = []
        self.response = (200, {}, {})

    def refuse(self, status, code, message="because"):
        self.response = (status, {"x-amzn-ErrorType": code}, {"message": message})

    def accept(self, body):
        self.response = (200, {"X-Amzn-Bedrock-AgentCore-Runtime-Session-Id": "s" * 36}, body)


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if self.headers.get("X-Amz-Target", "").endswith(".Query"):  # the journal has no run
            self._send(200, {}, b'{"Items": [], "Count": 0, "ScannedCount": 0}')
            return
        self.server.requests.append((self.path, dict(self.headers), body))
        status, headers, response = self.server.response
        if status is None:  # the response is lost
            self.close_connection = True
            return
        self._send(status, headers, response if isinstance(response, bytes) else json.dumps(response).encode())

    def _send(self, status, headers, content):
        self.send_response(status)
        for name, value in (headers | {"Content-Type": "application/json", "Content-Length": len(content)}).items():
            self.send_header(name, str(value))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_):
        pass


@pytest.fixture
def agentcore(monkeypatch):
    server = AgentCore()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    monkeypatch.setenv("AGENT_RUNTIME_ARN", RUNTIME_ARN)
    monkeypatch.setenv("JOURNAL_TABLE", "journal")
    monkeypatch.setenv("AWS_ENDPOINT_URL_BEDROCK_AGENTCORE", f"http://127.0.0.1:{server.server_port}")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)
    for module in (start, stop):
        monkeypatch.setattr(module, "_AGENTCORE", sessions.make_client(sessions.START_SECONDS))
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def journal(table, monkeypatch):
    """A journal in moto, which the stop function reads and writes."""
    monkeypatch.setenv("JOURNAL_TABLE", table.name)
    monkeypatch.setattr(stop, "_DYNAMODB", table.client)
    return table


@pytest.fixture
def context():
    return LambdaContext()
