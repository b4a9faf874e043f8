import json
from decimal import Decimal

import pytest
from botocore.exceptions import ClientError

from agent.harness.journal.step import Step
from agent.harness.payload import InvalidPayloadError
from agent.harness.schema import StepKind
from agent.harness.tokens import Tokens
from functions import stop
from tests.journal_table import SESSION

HAIKU = "global.anthropic.claude-haiku-4-5-20251001-v1:0"


@pytest.fixture(autouse=True)
def accepting(agentcore, journal):
    agentcore.accept({})
    return journal


def begin(journal, *, attempt=1):
    """Let an attempt call the model once, and return its journal."""
    own = journal.journal(attempt=attempt, clock=lambda: 1_800_000_000.0)
    own.begin(lease_seconds=60, expected_seconds=60)
    tokens = Tokens(read=1_000_000)
    own.record_step(
        1, Step(kind=StepKind.MODEL, name=HAIKU, status="success", seconds=1, tokens=tokens), retention_seconds=9
    )
    return own


def test_a_session_is_stopped(agentcore, context):
    assert stop.handler({"session_id": SESSION}, context) == {"outcome": "stopped"}
    ((path, headers, _),) = agentcore.requests
    assert path.endswith("/stopruntimesession?qualifier=DEFAULT")
    assert headers["X-Amzn-Bedrock-AgentCore-Runtime-Session-Id"] == SESSION


def test_the_cost_of_a_failed_run_is_in_its_item_and_a_metric(journal, context, capsys):
    journal.claim()
    begin(journal).fail("RuntimeError", "no luck")
    stop.handler({"session_id": SESSION, "looks": 4}, context)
    cost = journal.run()["cost"]
    assert cost["model_usd"] == Decimal(1)
    assert cost["usd"] == cost["model_usd"] + cost["runtime_usd"] + cost["rest_usd"] > 1
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["RunCost"] for line in lines if "RunCost" in line] == [[float(cost["usd"])]]


def test_a_lost_attempt_costs_its_tokens_too(journal, context):
    journal.claim()
    begin(journal)
    journal.take_over()
    begin(journal, attempt=2).cancel()
    stop.handler({"session_id": SESSION, "looks": 4}, context)
    assert journal.run()["cost"]["model_usd"] == 2


def test_a_run_that_goes_on_has_no_cost_yet(journal, context):
    journal.claim()
    begin(journal)
    assert stop.handler({"session_id": SESSION, "looks": 4}, context) == {"outcome": "stopped"}
    assert "cost" not in journal.run()


def test_a_session_without_a_run_is_stopped_and_leaves_no_item(journal, context):
    assert stop.handler({"session_id": SESSION}, context) == {"outcome": "stopped"}
    assert journal.run() == {}


def test_an_absent_session_is_no_error(agentcore, context):
    agentcore.refuse(404, "ResourceNotFoundException")
    assert stop.handler({"session_id": SESSION}, context) == {"outcome": "absent"}


def test_any_other_error_is_raised_for_the_workflow_to_retry(agentcore, context):
    agentcore.refuse(429, "ThrottlingException")
    with pytest.raises(ClientError, match="ThrottlingException"):
        stop.handler({"session_id": SESSION}, context)
    assert len(agentcore.requests) == 1


@pytest.mark.parametrize("event", [{}, {"session_id": "../" * 12}])
def test_an_event_without_a_session_is_refused_with_what_to_send(agentcore, context, event):
    with pytest.raises(InvalidPayloadError, match="Send session_id"):
        stop.handler(event, context)
    assert agentcore.requests == []
