import io
import json
import runpy
import urllib.parse

import boto3
import pytest
from botocore.exceptions import BotoCoreError, ClientError

from functions import start, stop
from functions.observability import logger
from tests.functions.conftest import RUNTIME_ARN

SESSION = "0b5e2f3a-1111-4222-8333-444455556666"
EVENT = {"session_id": SESSION, "attempt": 2, "prompt": "look", "deadline_at": 1_800_000_000.5}
ACCEPTED = {"status": "accepted", "session_id": SESSION, "attempt": 2}


def test_a_start_invokes_the_session_with_the_payload(agentcore, context):
    agentcore.accept(ACCEPTED)
    response = start.handler(EVENT, context)
    assert response == {"outcome": "accepted", "error_type": None, "error_message": None}
    ((path, headers, body),) = agentcore.requests
    assert path.startswith(f"/runtimes/{urllib.parse.quote(RUNTIME_ARN, safe='')}/invocations")
    assert headers["X-Amzn-Bedrock-AgentCore-Runtime-Session-Id"] == SESSION
    assert json.loads(body) == EVENT


@pytest.mark.parametrize(
    ("status", "code"),
    [(429, "ThrottlingException"), (402, "ServiceQuotaExceededException"), (409, "RetryableConflictException")],
)
def test_a_throttled_start_is_reported_after_a_single_call(agentcore, context, status, code):
    agentcore.refuse(status, code)
    response = start.handler(EVENT, context)
    assert (response["outcome"], response["error_type"], response["error_message"]) == ("throttled", code, "because")
    assert len(agentcore.requests) == 1


@pytest.mark.parametrize(
    ("status", "code", "message"),
    [
        (400, "ValidationException", "bad"),
        (403, "AccessDeniedException", "no"),
        (404, "ResourceNotFoundException", "no such runtime"),
        (424, "RuntimeClientError", "Received error (400) from runtime. Please check your CloudWatch logs"),
    ],
)
def test_a_start_that_would_fail_again_is_rejected(agentcore, context, status, code, message):
    agentcore.refuse(status, code, message)
    response = start.handler(EVENT, context)
    assert (response["outcome"], response["error_type"], response["error_message"]) == ("rejected", code, message)


@pytest.mark.parametrize(
    ("status", "code", "message"),
    [
        (500, "InternalServerException", "oops"),
        (424, "RuntimeClientError", "Received error (500) from runtime. Please check your CloudWatch logs"),
        (424, "RuntimeClientError", "Runtime initialization time exceeded"),
    ],
)
def test_an_error_is_raised_if_the_agent_may_have_accepted_the_start(agentcore, context, status, code, message):
    agentcore.refuse(status, code, message)
    with pytest.raises(ClientError, match=code):
        start.handler(EVENT, context)
    assert len(agentcore.requests) == 1


def test_a_lost_response_is_raised_without_a_second_invocation(agentcore, context):
    agentcore.response = (None, {}, {})
    with pytest.raises(BotoCoreError):
        start.handler(EVENT, context)
    assert len(agentcore.requests) == 1


@pytest.mark.parametrize("response", [b"hello", b"[]", {"status": "accepted", "session_id": SESSION, "attempt": 1}])
def test_an_unexpected_response_of_the_agent_is_rejected(agentcore, context, response):
    agentcore.accept(response)
    assert start.handler(EVENT, context)["error_type"] == "UnexpectedResponse"


@pytest.mark.parametrize(
    ("event", "message"),
    [
        ({}, "Send session_id"),
        (EVENT | {"session_id": "short"}, "33 to 256 letters"),
        (EVENT | {"attempt": "1"}, "attempt (a whole number from 1)"),
        (EVENT | {"prompt": " "}, "The prompt is blank"),
        (EVENT | {"prompt": None}, "prompt (a text)"),
        ("text", "send a JSON object"),
    ],
)
def test_an_invalid_event_is_rejected_without_a_call(agentcore, context, event, message):
    response = start.handler(event, context)
    assert (response["outcome"], response["error_type"]) == ("rejected", "InvalidRequest")
    assert message in response["error_message"]
    assert agentcore.requests == []


def test_the_log_lines_name_the_session_and_a_metric_counts_the_outcome(agentcore, context, capsys, monkeypatch):
    log = io.StringIO()  # the logger has the stdout of its import, which pytest has replaced since
    monkeypatch.setattr(logger.registered_handler, "stream", log)
    agentcore.accept(ACCEPTED)
    start.handler(EVENT | {"execution_arn": "arn:execution"}, context)
    logged = json.loads(log.getvalue())
    metric = json.loads(capsys.readouterr().out)
    assert (logged["correlation_id"], logged["attempt"], logged["execution_arn"]) == (SESSION, 2, "arn:execution")
    assert metric["StartsAccepted"] == [1.0]


def test_a_missing_runtime_arn_is_reported_with_the_remedy(context, monkeypatch):
    monkeypatch.delenv("AGENT_RUNTIME_ARN", raising=False)
    response = start.handler(EVENT, context)
    assert (response["outcome"], response["error_type"]) == ("rejected", "Misconfigured")
    assert "set it to the agent runtime's ARN" in response["error_message"]


def test_a_float_attempt_without_decimals_is_accepted(agentcore, context):
    agentcore.accept(ACCEPTED)
    assert start.handler(EVENT | {"attempt": 2.0}, context)["outcome"] == "accepted"
    assert start.handler(EVENT | {"attempt": 2.5}, context)["error_type"] == "InvalidRequest"


@pytest.mark.parametrize(
    ("module", "services"), [(start, ["bedrock-agentcore"]), (stop, ["bedrock-agentcore", "dynamodb"])]
)
def test_a_function_creates_its_clients_while_it_initialises(module, services, monkeypatch):
    made = []
    monkeypatch.setattr(boto3, "client", lambda service, **_: made.append(service))
    runpy.run_path(module.__file__)
    assert made == services
