"""Attempts whose model fails: the real harness, Strands and botocore, and a stand-in for Bedrock."""

import json
import random
import threading
import time

import pytest
from strands import Agent, tool

from agent.harness import models
from agent.harness.attempt.stop import StopReason
from agent.harness.model_calls.retry import ModelRetry
from agent.harness.task import Outcome
from tests.agent.harness.runs import PATIENCE_SECONDS, runner, wait_until
from tests.bedrock_server import DROPPED, Refusal, Turn

__all__ = ["runner"]

BROKEN = Turn(breaks_with="serviceUnavailableException")
THROTTLED = Refusal(status=429, code="ThrottlingException", message="Too many tokens")
# Long enough for any machine. The first pauses are 0.3 s at most.
RETRIES = {"model_retry_seconds": 30, "lease_seconds": 5}
# The first pause is longer than the patience of a test.
LONG_PAUSES = {"model_retry_seconds": 90 * 3 * PATIENCE_SECONDS}


@pytest.fixture(autouse=True)
def region(monkeypatch):
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")


@tool
def look() -> str:
    """Look."""
    return "seen"


def work(task):
    """Work like an agent that knows nothing about failing models."""
    agent = Agent(model=models.build(task.settings), tools=[look], hooks=[*task.hooks], callback_handler=None)
    answer = agent(task.prompt, cancel_signal=task.cancel_signal)
    return Outcome(report_uri="s3://b/k", report_sha256="0" * 64, summary=str(answer).strip())


def throttle_for_ever(bedrock):
    bedrock.play = lambda _: THROTTLED


@pytest.mark.parametrize(
    "failure",
    [BROKEN, Turn(breaks_with=""), DROPPED, THROTTLED],
    ids=["broken stream", "dropped stream", "dropped connection", "throttled"],
)
def test_a_call_that_failed_is_repeated_with_the_same_conversation(runner, bedrock, failure):
    bedrock.answers = [Turn(tool="look"), failure, failure, Turn(text="Seen.")]
    run = runner.carry_out(work, **RETRIES)
    assert (run["status"], run["attempt"], run["summary"]) == ("COMPLETED", 1, "Seen.")
    first, *repeated = [request["messages"] for request in bedrock.requests]
    assert len(first) == 1
    assert [len(messages) for messages in repeated] == [3, 3, 3]
    assert repeated[0] == repeated[1] == repeated[2]
    models_calls = [step["status"] for step in runner.table.steps() if step["step"] == "MODEL"]
    assert models_calls == ["success", "error", "error", "success"]


def test_the_heartbeat_renews_the_lease_and_reports_the_pause(runner, bedrock):
    throttle_for_ever(bedrock)
    runner.start(work, **LONG_PAUSES)
    wait_until(lambda: "The model is unavailable" in runner.table.run().get("progress", ""))
    before = runner.table.run()["lease_expires_at"]
    wait_until(lambda: runner.table.run()["lease_expires_at"] > before)
    runner.table.request_cancellation()
    runner.join()
    assert runner.table.run()["status"] == "CANCELLED"
    assert len(bedrock.requests) == 1


def test_a_run_whose_model_stays_unavailable_is_handed_back(runner, bedrock, capsys):
    throttle_for_ever(bedrock)
    run = runner.carry_out(work, model_retry_seconds=0.3, lease_seconds=60)
    assert (run["status"], run["attempt"], run["model_unavailable_in"]) == ("BUSY", 1, 1)
    assert "Too many tokens" in run["model_error"]
    assert run["progress"] == "Handed back: the model is unavailable"
    assert float(run["lease_expires_at"]) <= time.time()
    assert runner.ended == 1
    (line,) = [json.loads(line) for line in capsys.readouterr().out.splitlines() if "attempt-ended" in line]
    assert line["model_unavailable"] == 1


def test_a_final_error_fails_the_run_at_once_with_a_remedy(runner, bedrock):
    bedrock.answers = [Turn(tool="look"), Refusal(status=400, code="ValidationException", message="No such model.")]
    run = runner.carry_out(work, **LONG_PAUSES)
    assert (run["status"], run["error_type"]) == ("FAILED", "ValidationException")
    assert "No such model. The model would refuse this request again: check modelId" in run["error_message"]
    assert len(bedrock.requests) == 2


def test_a_deadline_ends_the_retries(runner, bedrock):
    throttle_for_ever(bedrock)
    run = runner.carry_out(work, **LONG_PAUSES, agent_deadline_seconds=1)
    assert (run["status"], run["error_type"]) == ("FAILED", "DeadlineExceeded")


def test_a_lost_lease_ends_the_retries(runner, bedrock):
    throttle_for_ever(bedrock)
    attempt = runner.start(work, **LONG_PAUSES)
    wait_until(lambda: len(bedrock.requests) == 1)
    attempt.stop(StopReason.LEASE_LOST)
    runner.join()
    assert runner.table.run()["status"] == "BUSY"


def test_pauses_grow_and_differ_between_processes_of_one_snapshot():
    def pauses():
        random.seed(1)  # what a snapshot restores
        retry = ModelRetry(seconds=180, cancel_signal=threading.Event(), report_progress=print)
        return [retry._next_pause() for _ in range(6)]

    first, second = pauses(), pauses()
    assert first != second
    for pause, longest in zip(first, [2, 4, 8, 16, 30, 30], strict=True):
        assert longest / 2 <= pause <= longest
