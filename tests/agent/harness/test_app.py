"""The agent as a real HTTP server: in this process with scripted work, and as the process that AgentCore starts."""

import contextlib
import dataclasses
import json
import os
import signal
import socket
import ssl
import subprocess
import sys
import threading
import time

import httpx
import pytest
import uvicorn
from moto.server import ThreadedMotoServer
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult

from agent.harness import app as agent_app
from agent.harness.app import create_app
from agent.harness.task import Outcome, StoppedError
from tests.agent.harness.test_run import PATIENCE_SECONDS, wait_until
from tests.agent.settings import SETTINGS
from tests.journal_table import SESSION

SESSION_HEADER = "X-Amzn-Bedrock-AgentCore-Runtime-Session-Id"
# The default context loads every authority of this machine, which takes longer than most tests.
NO_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
OUTCOME = Outcome(report_uri="s3://b/k", report_sha256="0" * 64, summary="Fine.")


def payload(**fields):
    return {"session_id": SESSION, "attempt": 1, "prompt": "look", "deadline_at": time.time() + 3600} | fields


class Server:
    """The application on a real socket."""

    def __init__(self, app):
        self.uvicorn = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=0, log_level="warning"))
        self.thread = threading.Thread(target=self.uvicorn.run)

    def __enter__(self):
        self.thread.start()
        wait_until(lambda: self.uvicorn.started)
        port = self.uvicorn.servers[0].sockets[0].getsockname()[1]
        self.http = httpx.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False, verify=NO_TLS)
        return self

    def __exit__(self, *_):
        self.stop()

    def stop(self):
        self.http.close()
        self.uvicorn.should_exit = True
        self.thread.join(PATIENCE_SECONDS)
        assert not self.thread.is_alive()

    def invoke(self, body, session_id=SESSION):
        headers = {SESSION_HEADER: session_id} if session_id else {}
        return self.http.post("/invocations", json=body, headers=headers)

    def ping(self):
        return self.http.get("/ping").json()


@pytest.fixture
def serve(table, monkeypatch):
    """Return a function that serves the agent with some work. The workflow has claimed the run."""
    table.claim()
    monkeypatch.setattr(agent_app, "_dynamodb_client", lambda: table.client)
    with contextlib.ExitStack() as servers:

        def start(work):
            settings = dataclasses.replace(SETTINGS, journal_table=table.name)
            return servers.enter_context(Server(create_app(settings, work)))

        yield start


def test_the_agent_responds_before_the_work_is_done_and_is_busy_until_then(serve, table):
    release = threading.Event()
    server = serve(lambda _: release.wait(PATIENCE_SECONDS) and OUTCOME)
    response = server.invoke(payload())
    assert (response.status_code, response.json()) == (200, {"status": "accepted", "session_id": SESSION, "attempt": 1})
    assert server.ping()["status"] == "HealthyBusy"
    assert "time_of_last_update" in server.ping()
    release.set()
    wait_until(lambda: server.ping()["status"] == "Healthy")
    assert table.run()["status"] == "COMPLETED"


def test_the_agent_makes_no_network_call_before_it_responds(serve, monkeypatch):
    called = threading.Event()
    asked = threading.Event()

    def client():
        asked.set()
        assert called.wait(PATIENCE_SECONDS), "the response waited for the journal"
        raise RuntimeError("not needed")

    monkeypatch.setattr(agent_app, "_dynamodb_client", client)
    server = serve(lambda _: OUTCOME)
    assert server.invoke(payload()).status_code == 200
    assert asked.wait(PATIENCE_SECONDS)
    called.set()


def test_the_agent_is_idle_again_after_the_work_raised(serve, table):
    server = serve(lambda _: 1 / 0)
    server.invoke(payload())
    wait_until(lambda: server.ping()["status"] == "Healthy")
    assert table.run()["error_type"] == "ZeroDivisionError"


def test_a_second_delivery_of_the_same_attempt_starts_nothing(serve, table):
    starts = []
    server = serve(lambda task: starts.append(task) or (task.cancel_signal.wait(PATIENCE_SECONDS) and OUTCOME))
    assert [server.invoke(payload()).status_code for _ in range(3)] == [200, 200, 200]
    wait_until(lambda: starts)
    table.request_cancellation()
    wait_until(lambda: server.ping()["status"] == "Healthy")
    assert server.invoke(payload()).status_code == 200  # late
    assert server.ping()["status"] == "Healthy"
    assert len(starts) == 1


def test_a_newer_attempt_replaces_the_running_one(serve, table):
    attempts = []

    def work(task):
        attempts.append(task.attempt)
        if task.attempt == 2:
            return OUTCOME
        assert task.cancel_signal.wait(PATIENCE_SECONDS)
        raise StoppedError

    server = serve(work)
    server.invoke(payload())
    wait_until(lambda: attempts == [1])
    table.take_over()
    assert server.invoke(payload(attempt=2)).status_code == 200
    wait_until(lambda: server.ping()["status"] == "Healthy")
    assert (table.run()["status"], table.run()["attempt"], attempts) == ("COMPLETED", 2, [1, 2])
    late = server.invoke(payload(attempt=1))
    assert (late.status_code, late.json()) == (409, {"error": "Attempt 1 is over: attempt 2 has the run"})


class Exporter(SpanExporter):
    """Does something with the names of spans."""

    def __init__(self, export):
        self.names = export

    def export(self, spans):
        self.names([span.name for span in spans])
        return SpanExportResult.SUCCESS


@pytest.fixture
def end_span(monkeypatch):
    """Return a function that ends a span, which would be exported in an hour."""

    def end(exporter):
        provider = TracerProvider(shutdown_on_exit=False)
        provider.add_span_processor(BatchSpanProcessor(exporter, schedule_delay_millis=3_600_000))
        monkeypatch.setattr(trace, "get_tracer_provider", lambda: provider)
        provider.get_tracer("test").start_span("a span").end()

    return end


def test_a_shutdown_releases_the_lease_and_then_exports_the_last_spans(serve, table, end_span):
    exported = []
    end_span(Exporter(lambda names: exported.append((names, float(table.run()["lease_expires_at"]) <= time.time()))))

    def work(task):
        assert task.cancel_signal.wait(PATIENCE_SECONDS)
        raise StoppedError

    server = serve(work)
    server.invoke(payload())
    wait_until(lambda: table.run()["status"] == "BUSY")
    server.stop()
    assert exported == [(["a span"], True)]


def test_a_shutdown_does_not_wait_for_a_destination_of_spans_that_does_not_answer(serve, end_span, monkeypatch, caplog):
    never = threading.Event()
    monkeypatch.setattr(agent_app, "_EXPORT_SECONDS", 0.01)
    end_span(Exporter(lambda _: never.wait()))
    serve(lambda _: OUTCOME).stop()
    assert "The last spans were not exported within 0.01 s and are lost" in caplog.text
    never.set()


@pytest.mark.parametrize(
    ("body", "session_id", "message"),
    [
        ([], SESSION, "The payload is a list: send a JSON object"),
        (payload(), None, "The request has no session"),
        (payload(session_id="o" * 36), SESSION, "send the same id"),
        (payload(prompt=" "), SESSION, "The prompt is blank"),
        (payload(prompt="x" * 101), SESSION, "101 characters: send at most 100"),
        (payload(attempt=0), SESSION, "attempt (a whole number from 1)"),
        (payload(attempt="1"), SESSION, "attempt (a whole number from 1)"),
        (payload(deadline_at="soon"), SESSION, "deadline_at (epoch seconds)"),
        ({"prompt": "look"}, SESSION, "Send session_id"),
    ],
)
def test_an_invalid_payload_is_refused_with_a_message_and_starts_nothing(serve, table, body, session_id, message):
    server = serve(lambda _: pytest.fail("the work was started"))
    response = server.invoke(body, session_id)
    assert response.status_code == 400
    assert message in response.json()["error"]
    assert server.ping()["status"] == "Healthy"
    assert table.run()["status"] == "PENDING"


def test_a_body_that_is_not_json_is_refused(serve):
    server = serve(lambda _: pytest.fail("the work was started"))
    response = server.http.post("/invocations", content=b"{", headers={SESSION_HEADER: SESSION})
    assert (response.status_code, response.json()["error"]) == (400, "Invalid JSON")


@pytest.mark.parametrize("value", ["NaN", "Infinity", "-Infinity", "true", "1e400", "1" * 400])
@pytest.mark.parametrize("field", ["attempt", "deadline_at"])
def test_an_invalid_number_is_refused_over_http(serve, table, field, value):
    server = serve(lambda _: pytest.fail("the work was started"))
    body = json.dumps(payload() | {field: "here"}).replace('"here"', value)
    response = server.http.post("/invocations", content=body, headers={SESSION_HEADER: SESSION})
    assert response.status_code == 400
    assert f"{field} (" in response.json()["error"]
    assert table.run()["status"] == "PENDING"


@pytest.mark.parametrize(
    "body",
    [b"[" * 100_000, b"[" * 100_000 + b"]" * 100_000, b'{"a":' * 100_000 + b"1" + b"}" * 100_000, b"1" * 5_000],
    ids=["open brackets", "nested lists", "nested objects", "a number of 5,000 digits"],
)
def test_a_body_that_python_cannot_decode_is_refused_without_a_traceback(serve, table, caplog, body):
    server = serve(lambda _: pytest.fail("the work was started"))
    response = server.http.post("/invocations", content=body, headers={SESSION_HEADER: SESSION})
    assert response.status_code == 400
    assert "send a flat JSON object" in response.json()["error"]
    assert not [record for record in caplog.records if record.exc_info]
    assert (server.ping()["status"], table.run()["status"]) == ("Healthy", "PENDING")


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


def environment(**variables):
    declared = {
        "JOURNAL_TABLE": "journal",
        "REPORT_BUCKET": "reports",
        "MODEL_ID": "model",
        "HEARTBEAT_SECONDS": "1",
        "LEASE_SECONDS": "60",
        "AGENT_DEADLINE_SECONDS": "60",
        "MODEL_RETRY_SECONDS": "180",
        "EXPECTED_SECONDS": "60",
        "MAX_TURNS": "10",
        "MAX_TOKENS": "1000",
        "MAX_PROMPT_CHARACTERS": "100",
        "JOURNAL_RETENTION_DAYS": "1",
    }
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    return inherited | declared | {"AWS_REGION": "eu-west-1", "AWS_DEFAULT_REGION": "eu-west-1"} | variables


def agent_process(**variables):
    return subprocess.Popen(
        [sys.executable, "-m", "agent"],
        env=environment(**variables),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


@pytest.mark.slow
def test_a_process_with_an_invalid_environment_lists_all_problems_without_a_traceback():
    process = agent_process(HEARTBEAT_SECONDS="soon", JOURNAL_TABLE="", REFRESH_PRICES="maybe")
    output, _ = process.communicate(timeout=60)
    assert process.returncode == 1
    assert "- JOURNAL_TABLE is not set" in output
    assert "- HEARTBEAT_SECONDS is 'soon': set a number above 0" in output
    assert "- REFRESH_PRICES is 'maybe': set true or false" in output, "the agent's own settings"
    assert "Traceback" not in output


@pytest.mark.slow
def test_a_process_whose_port_is_in_use_exits_with_a_remedy():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        process = agent_process(PORT=str(listener.getsockname()[1]))
        output, _ = process.communicate(timeout=60)
    assert process.returncode == 1
    assert "Address already in use" in output
    assert "set another PORT" in output
    assert "Traceback" not in output


@pytest.fixture
def moto_server():
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    yield "http://{}:{}".format(*server.get_host_and_port())
    server.stop()


@pytest.mark.slow
def test_sigterm_releases_the_lease_at_once_and_exports_the_last_spans(moto_server):
    import boto3

    from tests.journal_table import JournalTable

    session = boto3.Session("test", "test", region_name="eu-west-1")
    table = JournalTable(session.client("dynamodb", endpoint_url=moto_server))
    table.claim()
    session.client("s3", endpoint_url=moto_server).create_bucket(
        Bucket=SETTINGS.report_bucket, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"}
    )
    port = free_port()
    process = agent_process(
        PORT=str(port),
        JOURNAL_TABLE=table.name,
        MODEL_FACTORY="tests.agent.traced_models:waiting",
        AWS_ENDPOINT_URL=moto_server,
        AWS_ACCESS_KEY_ID="test",
        AWS_SECRET_ACCESS_KEY="test",
    )
    try:
        http = httpx.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False, verify=NO_TLS)

        def responds():
            with contextlib.suppress(httpx.TransportError):
                return http.get("/ping").is_success

        wait_until(responds)
        assert http.post("/invocations", json=payload(), headers={SESSION_HEADER: SESSION}).is_success
        wait_until(lambda: table.run()["status"] == "BUSY")
        process.send_signal(signal.SIGTERM)
        output, _ = process.communicate(timeout=PATIENCE_SECONDS)
    finally:
        process.kill()
    assert float(table.run()["lease_expires_at"]) <= time.time(), output
    assert "exported: a span" in output
    lines = [json.loads(line) for line in output.splitlines() if line.startswith("{")]
    assert {line["sessionId"] for line in lines if line["logger"].startswith("agent.harness.attempt")} == {SESSION}
