"""Executions whose start is rejected, throttled or lost."""

import pytest

pytestmark = pytest.mark.local


def test_a_rejected_start_fails_the_run_at_once_with_its_cause(stage):
    execution, item, outcomes = stage.run(starts=["rejected"], agents=["completes"])
    assert (execution["error"], item["status"]) == ("AccessDeniedException", "FAILED")
    assert item["error_message"] == "The agent was not started: no permission"
    assert len(outcomes) == len(stage.calls(item["PK"], "starts")) == 1


def test_throttled_starts_are_repeated_until_one_is_accepted(stage):
    execution, item, outcomes = stage.run(starts=["throttled", "throttled", "accepted"], agents=["completes"])
    assert (execution["status"], item["attempt"], len(outcomes)) == ("SUCCEEDED", 1, 1)
    assert len(stage.calls(item["PK"], "starts")) == 3


def test_a_start_whose_response_was_lost_is_repeated_for_the_same_attempt(stage):
    execution, item, _ = stage.run(starts=["raises", "accepted"], agents=["completes"])
    assert (execution["status"], item["attempt"]) == ("SUCCEEDED", 1)


def test_a_run_whose_starts_always_raise_fails_with_their_error(stage):
    execution, item, _ = stage.run(starts=["raises"], agents=["completes"])
    assert execution["error"] == "AgentLost"
    assert "the response was lost" in item["error_message"]
