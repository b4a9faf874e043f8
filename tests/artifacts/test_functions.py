"""The functions' bundle, under AWS's runtime interface client and AWS's emulator of Lambda."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.artifacts.lambda_runtime import Function, FunctionCode, running
from tests.artifacts.tools import bytecode_of
from tests.functions.conftest import RUNTIME_ARN, AgentCore

SESSION = "0b5e2f3a-1111-4222-8333-444455556666"
# As in components/workflow/definitions/start.py.
EVENT = {
    "session_id": SESSION,
    "attempt": 2,
    "prompt": "Look at everything.",
    "deadline_at": 1_800_000_000.5,
    "execution_arn": "arn:aws:states:eu-west-1:123456789012:execution:run:1",
}
ACCEPTED = {"status": "accepted", "session_id": SESSION, "attempt": 2}


@pytest.fixture(scope="module")
def server() -> Iterator[AgentCore]:
    """Return a stand-in for AgentCore's data plane."""
    with AgentCore() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def agentcore(server: AgentCore) -> AgentCore:
    server.requests.clear()
    return server


def variables(verb: str, port: int) -> dict[str, str]:
    return {
        "AGENT_RUNTIME_ARN": RUNTIME_ARN,
        "JOURNAL_TABLE": "journal",
        "AWS_ENDPOINT_URL_DYNAMODB": f"http://127.0.0.1:{port}",
        "AWS_ENDPOINT_URL_BEDROCK_AGENTCORE": f"http://127.0.0.1:{port}",
        # As in components/runtime/sessions.py.
        "POWERTOOLS_SERVICE_NAME": f"agent-runs-dev-{verb}",
        "POWERTOOLS_METRICS_NAMESPACE": "AgentRuns",
        "POWERTOOLS_LOG_LEVEL": "INFO",
        # The emulator has no X-Ray daemon.
        "POWERTOOLS_TRACE_DISABLED": "true",
    }


@pytest.fixture(scope="module")
def start(
    functions_code: FunctionCode, server: AgentCore, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Function]:
    log = tmp_path_factory.mktemp("start") / "log"
    with running(functions_code, "start", log, variables("start", server.server_port)) as function:
        yield function


@pytest.fixture(scope="module")
def stop(
    functions_code: FunctionCode, server: AgentCore, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Function]:
    log = tmp_path_factory.mktemp("stop") / "log"
    with running(functions_code, "stop", log, variables("stop", server.server_port)) as function:
        yield function


def test_an_event_of_the_workflow_starts_a_session(start: Function, agentcore: AgentCore) -> None:
    agentcore.accept(ACCEPTED)

    assert start.invoke(EVENT) == {"outcome": "accepted", "error_type": None, "error_message": None}
    ((_, headers, body),) = agentcore.requests
    assert headers["X-Amzn-Bedrock-AgentCore-Runtime-Session-Id"] == SESSION
    assert json.loads(body) == {name: value for name, value in EVENT.items() if name != "execution_arn"}


def test_each_invocation_logs_one_line_of_json_and_one_metric(start: Function, agentcore: AgentCore) -> None:
    agentcore.accept(ACCEPTED)
    before = len(start.log_lines)

    start.invoke(EVENT)

    line, metric = start.log_lines[before:]
    assert (line["level"], line["message"], line["service"]) == (
        "INFO",
        "Start of the session: accepted",
        "agent-runs-dev-start",
    )
    assert (line["correlation_id"], line["attempt"]) == (SESSION, 2)
    assert line["execution_arn"] == EVENT["execution_arn"]
    assert (line["function_name"], f"RequestId: {line['function_request_id']}" in start.output) == ("start", True)
    assert (metric["StartsAccepted"], metric["service"]) == ([1.0], "agent-runs-dev-start")
    assert metric["_aws"]["CloudWatchMetrics"][0]["Namespace"] == "AgentRuns"


@pytest.mark.parametrize(
    ("event", "message"),
    [
        ({}, "Send session_id"),
        ("text", "send a JSON object"),
        ([EVENT], "send a JSON object"),
        (None, "send a JSON object"),
        (EVENT | {"session_id": "short"}, "33 to 256 letters"),
        (EVENT | {"attempt": "2"}, "attempt (a whole number from 1)"),
        (EVENT | {"deadline_at": None}, "deadline_at (epoch seconds)"),
    ],
)
def test_an_invalid_event_is_rejected_with_what_to_send(
    start: Function, agentcore: AgentCore, event: object, message: str
) -> None:
    response = start.invoke(event)

    assert (response["outcome"], response["error_type"]) == ("rejected", "InvalidRequest")
    assert message in response["error_message"]
    assert agentcore.requests == []


def test_an_error_of_agentcore_fails_the_invocation_and_is_logged_with_its_traceback(
    start: Function, agentcore: AgentCore
) -> None:
    agentcore.refuse(500, "InternalServerException", "oops")
    before = len(start.log_lines)

    response = start.invoke(EVENT)

    assert (response["errorType"], "oops" in response["errorMessage"]) == ("InternalServerException", True)
    (line,) = [line for line in start.log_lines[before:] if line.get("log_level", line.get("level")) == "ERROR"]
    assert line["errorType"] == "InternalServerException"
    assert "functions/start.py" in "".join(line["stackTrace"])


def test_a_session_is_stopped(stop: Function, agentcore: AgentCore) -> None:
    agentcore.accept({})

    assert stop.invoke({"session_id": SESSION}) == {"outcome": "stopped"}
    ((path, headers, _),) = agentcore.requests
    assert path.endswith("/stopruntimesession?qualifier=DEFAULT")
    assert headers["X-Amzn-Bedrock-AgentCore-Runtime-Session-Id"] == SESSION


def test_stopping_no_session_fails_the_invocation_with_what_to_send(stop: Function) -> None:
    response = stop.invoke({})

    assert (response["errorType"], "Send session_id" in response["errorMessage"]) == ("InvalidPayloadError", True)


def test_a_function_that_has_timed_out_serves_the_next_event(functions_code: FunctionCode, tmp_path: Path) -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        # The function starts again within this limit: one second is too little for a busy machine.
        limits = {"AWS_LAMBDA_FUNCTION_TIMEOUT": "5"}
        with running(
            functions_code, "start", tmp_path / "log", variables("start", silent.getsockname()[1]) | limits
        ) as function:
            timed_out = function.invoke(EVENT)
            response = function.invoke({})
            assert timed_out == "Task timed out after 5.00 seconds"
            assert response["error_type"] == "InvalidRequest"


def test_no_function_compiles_anything(functions_code: FunctionCode, tmp_path: Path) -> None:
    before = bytecode_of(functions_code.folder)
    with running(functions_code, "start", tmp_path / "log", variables("start", 9)) as function:
        function.invoke({})

    assert before
    assert bytecode_of(functions_code.folder) == before
