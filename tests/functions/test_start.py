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


def test_invokes_the_session_with_the_payload_that_the_agent_wants(agentcore, context):
    agentcore.accept(ACCEPTED)
    answer = start.handler(EVENT, context)
    assert answer == {"outcome": "accepted", "error_type": None, "error_message": None}
    ((path, headers, body),) = agentcore.requests
    assert path.startswith(f"/runtimes/{urllib.parse.quote(RUNTIME_ARN, safe='')}/invocations")
    assert headers["X-Amzn-Bedrock-AgentCore-Runtime-Session-Id"] == SESSION
    assert json.loads(body) == EVENT


@pytest.mark.parametrize(
    ("status", "code"),
    [(429, "ThrottlingException"), (402, "ServiceQuotaExceededException"), (409, "RetryableConflictException")],
)
def test_says_that_it_was_throttled_after_a_single_call(agentcore, context, status, code):
    agentcore.refuse(status, code)
    answer = start.handler(EVENT, context)
    assert (answer["outcome"], answer["error_type"], answer["error_message"]) == ("throttled", code, "because")
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
def test_says_that_it_was_rejected_when_trying_again_would_not_help(agentcore, context, status, code, message):
    agentcore.refuse(status, code, message)
    answer = start.handler(EVENT, context)
    assert (answer["outcome"], answer["error_type"], answer["error_message"]) == ("rejected", code, message)


@pytest.mark.parametrize(
    ("status", "code", "message"),
    [
        (500, "InternalServerException", "oops"),
        (424, "RuntimeClientError", "Received error (500) from runtime. Please check your CloudWatch logs"),
        (424, "RuntimeClientError", "Runtime initialization time exceeded"),
    ],
)
def test_raises_when_nobody_knows_whether_the_agent_accepted(agentcore, context, status, code, message):
    agentcore.refuse(status, code, message)
    with pytest.raises(ClientError, match=code):
        start.handler(EVENT, context)
    assert len(agentcore.requests) == 1


def test_raises_when_the_answer_is_lost_and_does_not_invoke_again_by_itself(agentcore, context):
    agentcore.answer = (None, {}, {})
    with pytest.raises(BotoCoreError):
        start.handler(EVENT, context)
    assert len(agentcore.requests) == 1


@pytest.mark.parametrize("answer", [b"hello", b"[]", {"status": "accepted", "session_id": SESSION, "attempt": 1}])
def test_rejects_an_agent_that_does_not_keep_to_the_protocol(agentcore, context, answer):
    agentcore.accept(answer)
    assert start.handler(EVENT, context)["error_type"] == "UnexpectedAnswer"


@pytest.mark.parametrize(
    ("event", "message"),
    [
        ({}, "Send session_id"),
        (EVENT | {"session_id": "short"}, "33 to 256 characters"),
        (EVENT | {"attempt": "1"}, "attempt (an integer)"),
        (EVENT | {"prompt": None}, "prompt (a string)"),
        ("text", "Send session_id"),
    ],
)
def test_rejects_a_bad_event_without_a_call(agentcore, context, event, message):
    answer = start.handler(event, context)
    assert (answer["outcome"], answer["error_type"]) == ("rejected", "InvalidRequest")
    assert message in answer["error_message"]
    assert agentcore.requests == []


def test_names_the_session_in_its_log_lines_and_counts_the_outcome(agentcore, context, capsys, monkeypatch):
    log = io.StringIO()  # the logger keeps the stdout of its import, which pytest has replaced since
    monkeypatch.setattr(logger.registered_handler, "stream", log)
    agentcore.accept(ACCEPTED)
    start.handler(EVENT | {"execution_arn": "arn:execution"}, context)
    logged = json.loads(log.getvalue())
    metric = json.loads(capsys.readouterr().out)
    assert (logged["correlation_id"], logged["attempt"], logged["execution_arn"]) == (SESSION, 2, "arn:execution")
    assert metric["StartsAccepted"] == [1.0]


def test_says_what_is_missing_when_the_function_was_deployed_without_its_runtime(context, monkeypatch):
    monkeypatch.delenv("AGENT_RUNTIME_ARN", raising=False)
    answer = start.handler(EVENT, context)
    assert (answer["outcome"], answer["error_type"]) == ("rejected", "Misconfigured")
    assert "must name the agent runtime" in answer["error_message"]


def test_takes_an_attempt_that_json_wrote_with_a_fraction(agentcore, context):
    agentcore.accept(ACCEPTED)
    assert start.handler(EVENT | {"attempt": 2.0}, context)["outcome"] == "accepted"
    assert start.handler(EVENT | {"attempt": 2.5}, context)["error_type"] == "InvalidRequest"


@pytest.mark.parametrize("module", [start, stop])
def test_a_function_makes_its_client_while_it_initialises(module, monkeypatch):
    made = []
    monkeypatch.setattr(boto3, "client", lambda service, **_: made.append(service))
    runpy.run_path(module.__file__)
    assert made == ["bedrock-agentcore"]
