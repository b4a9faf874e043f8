"""The agent as a real HTTP server: in this process with a test's own work, and as the process that AgentCore starts."""

import contextlib
import dataclasses
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time

import httpx
import pytest
import uvicorn
from moto.server import ThreadedMotoServer

from agent.harness import app as agent_app
from agent.harness.app import create_app
from agent.harness.task import Outcome, StoppedError
from tests.agent.harness.test_run import PATIENCE_SECONDS, wait_until
from tests.agent.settings import SETTINGS
from tests.journal_table import SESSION

SESSION_HEADER = "X-Amzn-Bedrock-AgentCore-Runtime-Session-Id"
OUTCOME = Outcome(report_uri="s3://b/k", report_sha256="0" * 64, summary="Fine.")


def payload(**fields):
    return {"session_id": SESSION, "attempt": 1, "prompt": "look", "deadline_at": time.time() + 3600} | fields


class Server:
    """The application behind a real socket."""

    def __init__(self, app):
        self.uvicorn = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=0, log_level="warning"))
        self.thread = threading.Thread(target=self.uvicorn.run)

    def __enter__(self):
        self.thread.start()
        wait_until(lambda: self.uvicorn.started)
        port = self.uvicorn.servers[0].sockets[0].getsockname()[1]
        self.http = httpx.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False)
        return self

    def __exit__(self, *_):
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
    """Serves the agent with some work; the journal is the table, claimed by a workflow."""
    table.claim()
    monkeypatch.setattr(agent_app, "_dynamodb_client", lambda: table.client)
    with contextlib.ExitStack() as servers:

        def start(work):
            settings = dataclasses.replace(SETTINGS, journal_table=table.name)
            return servers.enter_context(Server(create_app(settings, work)))

        yield start


def test_answers_before_the_work_is_done_and_is_busy_until_it_is(serve, table):
    release = threading.Event()
    server = serve(lambda _: release.wait(PATIENCE_SECONDS) and OUTCOME)
    answer = server.invoke(payload())
    assert (answer.status_code, answer.json()) == (200, {"status": "accepted", "session_id": SESSION, "attempt": 1})
    assert server.ping()["status"] == "HealthyBusy"
    assert "time_of_last_update" in server.ping()
    release.set()
    wait_until(lambda: server.ping()["status"] == "Healthy")
    assert table.run()["status"] == "COMPLETED"


def test_makes_no_network_call_before_it_answers(serve, monkeypatch):
    called = threading.Event()
    asked = threading.Event()

    def client():
        asked.set()
        assert called.wait(PATIENCE_SECONDS), "the answer waited for the journal"
        raise RuntimeError("not needed")

    monkeypatch.setattr(agent_app, "_dynamodb_client", client)
    server = serve(lambda _: OUTCOME)
    assert server.invoke(payload()).status_code == 200
    assert asked.wait(PATIENCE_SECONDS)
    called.set()


def test_is_idle_again_after_work_that_raised(serve, table):
    server = serve(lambda _: 1 / 0)
    server.invoke(payload())
    wait_until(lambda: server.ping()["status"] == "Healthy")
    assert table.run()["error_type"] == "ZeroDivisionError"


def test_starts_nothing_when_the_same_attempt_is_delivered_again(serve, table):
    starts = []
    server = serve(lambda task: starts.append(task) or (task.cancel_signal.wait(PATIENCE_SECONDS) and OUTCOME))
    assert [server.invoke(payload()).status_code for _ in range(3)] == [200, 200, 200]
    wait_until(lambda: starts)
    table.request_cancellation()
    wait_until(lambda: server.ping()["status"] == "Healthy")
    assert server.invoke(payload()).status_code == 200  # late
    assert server.ping()["status"] == "Healthy"
    assert len(starts) == 1


def test_a_newer_attempt_supersedes_the_one_that_runs(serve, table):
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


@pytest.mark.parametrize(
    ("body", "session_id", "message"),
    [
        ([], SESSION, "The payload is a list: send a JSON object"),
        (payload(), None, "The request names no session"),
        (payload(session_id="other"), SESSION, "not the session that was invoked"),
        (payload(prompt=" "), SESSION, "prompt (a string that is not blank)"),
        (payload(prompt="x" * 101), SESSION, "101 characters: send 100 at most"),
        (payload(attempt=0), SESSION, "attempt (an integer from 1)"),
        (payload(attempt="1"), SESSION, "attempt (an integer from 1)"),
        (payload(deadline_at="soon"), SESSION, "deadline_at (epoch seconds)"),
        ({"prompt": "look"}, SESSION, "Send session_id (a string)"),
    ],
)
def test_refuses_a_bad_payload_with_a_message_and_starts_nothing(serve, table, body, session_id, message):
    server = serve(lambda _: pytest.fail("it worked"))
    answer = server.invoke(body, session_id)
    assert answer.status_code == 400
    assert message in answer.json()["error"]
    assert server.ping()["status"] == "Healthy"
    assert table.run()["status"] == "PENDING"


def test_refuses_what_is_no_json(serve):
    server = serve(lambda _: pytest.fail("it worked"))
    answer = server.http.post("/invocations", content=b"{", headers={SESSION_HEADER: SESSION})
    assert (answer.status_code, answer.json()["error"]) == (400, "Invalid JSON")


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


def test_a_process_with_a_bad_environment_ends_with_every_problem_and_no_traceback():
    process = agent_process(HEARTBEAT_SECONDS="soon", JOURNAL_TABLE="")
    output, _ = process.communicate(timeout=30)
    assert process.returncode == 1
    assert "- JOURNAL_TABLE is not set" in output
    assert "- HEARTBEAT_SECONDS is 'soon': give a number above 0" in output
    assert "Traceback" not in output


def test_a_process_whose_port_is_in_use_says_so_and_what_to_do():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        process = agent_process(PORT=str(listener.getsockname()[1]))
        output, _ = process.communicate(timeout=30)
    assert process.returncode == 1
    assert "Address already in use" in output
    assert "set PORT to another" in output
    assert "Traceback" not in output


@pytest.fixture
def moto_server():
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    yield "http://{}:{}".format(*server.get_host_and_port())
    server.stop()


def test_sigterm_hands_the_run_back_at_once(moto_server):
    import boto3

    from tests.journal_table import JournalTable

    credentials = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
    table = JournalTable(boto3.client("dynamodb", region_name="eu-west-1", endpoint_url=moto_server, **credentials))
    table.claim()
    port = free_port()
    process = agent_process(
        PORT=str(port),
        JOURNAL_TABLE=table.name,
        MODEL_FACTORY="tests.agent.models:waiting",
        AWS_ENDPOINT_URL=moto_server,
        AWS_ACCESS_KEY_ID="test",
        AWS_SECRET_ACCESS_KEY="test",
    )
    try:
        http = httpx.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False)

        def answers():
            with contextlib.suppress(httpx.TransportError):
                return http.get("/ping").is_success

        wait_until(answers)
        assert http.post("/invocations", json=payload(), headers={SESSION_HEADER: SESSION}).is_success
        wait_until(lambda: table.run()["status"] == "BUSY")
        process.send_signal(signal.SIGTERM)
        output, _ = process.communicate(timeout=PATIENCE_SECONDS)
    finally:
        process.kill()
    assert float(table.run()["lease_expires_at"]) <= time.time(), output
    lines = [json.loads(line) for line in output.splitlines() if line.startswith("{")]
    assert {line["sessionId"] for line in lines if line["logger"] == "agent.harness.run"} == {SESSION}
