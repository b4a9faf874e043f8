"""Executions whose request is invalid, repeated or names an earlier run."""

import concurrent.futures
import time
import uuid

import pytest

from tests.components import asl

pytestmark = pytest.mark.local


@pytest.mark.parametrize("prompt", [" ", {"a": 1}, "x" * 501, "x" * 250_000])
def test_an_invalid_prompt_fails_the_run_without_a_start(stage, prompt):
    execution, item, outcomes = stage.run(prompt)
    assert (execution["error"], item["status"], len(outcomes)) == ("InvalidRequest", "FAILED", 1)
    assert stage.calls(item["PK"], "starts") == []


@pytest.mark.parametrize("detail", [{"promt": "look"}, {"prompt": "look", "region": "x"}, ["look"], "look", 7])
def test_a_misspelt_request_fails_the_run_without_a_start(stage, detail):
    execution, item, outcomes = stage.run(detail=detail)
    assert (execution["error"], item["status"], len(outcomes)) == ("InvalidRequest", "FAILED", 1)
    assert "The event's detail " in item["error_message"]
    assert item["prompt"] == (detail.get("prompt", "") if isinstance(detail, dict) else "")
    assert item["error_message"] == outcomes[0]["detail"]["error_message"]
    assert stage.calls(item["PK"], "starts") == []


def test_an_event_that_is_delivered_twice_starts_one_run(stage):
    session_id = str(uuid.uuid4())
    script = {"agents": ["dies", "completes"]}
    with concurrent.futures.ThreadPoolExecutor() as pool:
        runs = [pool.submit(stage.run, session_id=session_id, **script) for _ in range(2)]
        statuses = [run.result()[0]["status"] for run in runs]
    assert statuses == ["SUCCEEDED", "SUCCEEDED"]
    assert len(stage.calls(session_id, "starts")) == 2  # one for each attempt
    assert len(stage.outcomes(session_id)) == 1


def test_a_failed_run_can_be_requested_again_with_its_own_prompt(stage):
    _, failed, _ = stage.run(agents=["fails"])
    _, again, (outcome,) = stage.run(detail={"retry_of": failed["PK"]})
    assert (again["status"], again["prompt"], again["retry_of"]) == ("FAILED", failed["prompt"], failed["PK"])
    assert (outcome["detail"]["retry_of"], outcome["detail"]["prompt"]) == (failed["PK"], failed["prompt"])
    assert len(stage.calls(again["PK"], "starts")) == 1
    assert stage.run(detail={"retry_of": again["PK"]})[1]["error_type"] == "ValueError"


@pytest.mark.parametrize("mixed", [{}, {"prompt": "look"}])
def test_a_run_that_cannot_be_requested_again_fails_without_a_start(stage, mixed):
    execution, item, outcomes = stage.run(detail={"retry_of": str(uuid.uuid4()), **mixed})
    assert (execution["error"], item["status"], len(outcomes)) == ("InvalidRequest", "FAILED", 1)
    assert stage.calls(item["PK"], "starts") == []


def test_only_the_same_execution_can_repeat_a_claim_whose_response_was_lost(stage):
    session_id = str(uuid.uuid4())
    state = stage.definition()["States"]["ClaimRun"]

    def claim(execution):
        request = {"id": session_id, "time": "t", "source": "test", "detail": {}}
        names = {"states": {"input": request, "context": {"Execution": {"Id": execution}}}}
        return stage.dynamodb.update_item(**asl.evaluate(state["Arguments"], names, now=time.time()))

    claim("arn:first")
    claim("arn:first")
    with pytest.raises(stage.dynamodb.exceptions.ConditionalCheckFailedException):
        claim("arn:second")
