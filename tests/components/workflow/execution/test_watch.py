"""Executions whose agent dies, hangs or has no model."""

import pytest

from tests.components.workflow.execution.stage import SOON

pytestmark = pytest.mark.local


def test_the_next_attempt_takes_over_from_an_agent_that_dies(stage):
    execution, item, outcomes = stage.run(agents=["dies", "completes"])
    assert (execution["status"], item["status"], item["attempt"], len(outcomes)) == ("SUCCEEDED", "COMPLETED", 2, 1)
    (_, second_start), (first_stop, _) = stage.calls(item["PK"], "starts"), stage.calls(item["PK"], "stops")
    assert first_stop < second_start


def test_the_next_attempt_takes_over_from_an_agent_that_does_not_begin(stage):
    execution, item, _ = stage.run(agents=["never begins", "completes"])
    assert (execution["status"], item["attempt"]) == ("SUCCEEDED", 2)


def test_a_run_whose_agent_dies_in_every_attempt_fails(stage):
    execution, item, outcomes = stage.run(agents=["dies"])
    assert (execution["error"], item["status"], item["attempt"], len(outcomes)) == ("AgentLost", "FAILED", 2, 1)
    assert "stopped responding in every attempt (2)" in item["error_message"]


def test_a_run_whose_model_is_unavailable_in_every_attempt_fails_with_the_error_of_the_model(stage):
    execution, item, outcomes = stage.run(agents=["has no model"])
    assert (execution["error"], item["status"], item["attempt"], len(outcomes)) == ("ModelUnavailable", "FAILED", 2, 1)
    assert "Too many tokens" in item["error_message"]


def test_an_agent_that_dies_after_an_attempt_without_a_model_is_lost(stage):
    execution, item, _ = stage.run(agents=["has no model", "dies"])
    assert (execution["error"], item["attempt"]) == ("AgentLost", 2)


def test_the_next_attempt_takes_over_from_one_without_a_model(stage):
    execution, item, _ = stage.run(agents=["has no model", "completes"])
    assert (execution["status"], item["attempt"]) == ("SUCCEEDED", 2)


def test_a_run_whose_agent_hangs_but_renews_its_lease_ends_at_the_deadline(stage):
    execution, item, outcomes = stage.run(agents=["hangs"], deadline=SOON)
    assert (execution["error"], item["status"], len(outcomes)) == ("DeadlineExceeded", "FAILED", 1)
    assert len(stage.calls(item["PK"], "stops")) == 1


def test_a_run_whose_item_is_deleted_ends_at_the_deadline_and_is_recorded(stage):
    execution, item, outcomes = stage.run(agents=["deletes its item"], deadline=SOON)
    assert (execution["error"], item["status"], item["error_type"]) == (
        "DeadlineExceeded",
        "FAILED",
        "DeadlineExceeded",
    )
    assert {"kind", "requested_at", "expires_at"} <= item.keys(), "the item needs them to be listed and to expire"
    assert len(outcomes) == 1
