"""Executions of the cancellation, and those that are cancelled."""

import time
import uuid

import pytest

pytestmark = pytest.mark.local


def test_a_run_can_be_cancelled_before_it_is_claimed(stage):
    session_id = str(uuid.uuid4())
    cancellation = stage.request_cancellation({"session_id": session_id, "requested_by": "bob"})
    stage.wait_for_mark(session_id)
    execution, item, outcomes = stage.run(session_id=session_id, agents=["completes"])
    assert (execution["status"], item["status"], item["cancel_requested_by"]) == ("SUCCEEDED", "CANCELLED", "ann: bob")
    assert (len(outcomes), stage.calls(session_id, "starts")) == (1, [])
    assert stage.wait_for(cancellation)["status"] == "SUCCEEDED"


def test_a_cancellation_of_an_unknown_run_fails_and_leaves_nothing_for_long(stage):
    session_id = str(uuid.uuid4())
    execution = stage.wait_for(stage.request_cancellation({"session_id": session_id}))
    assert (execution["status"], execution["error"]) == ("FAILED", "NoSuchRun")
    assert f"There is no run with the session_id {session_id}" in execution["cause"]
    assert stage.item(session_id)["expires_at"] < time.time() + 2 * 86_400


def test_a_run_is_cancelled_even_if_its_event_comes_after_the_report_that_there_is_no_such_run(stage):
    session_id = str(uuid.uuid4())
    assert stage.cancel(session_id) == "FAILED"
    execution, item, _ = stage.run(session_id=session_id, agents=["completes"])
    assert (execution["status"], item["status"]) == ("SUCCEEDED", "CANCELLED")


def test_a_run_can_be_cancelled_twice_while_its_start_is_throttled(stage):
    def cancel(session_id):
        assert stage.cancel(session_id) == stage.cancel(session_id) == "SUCCEEDED"

    execution, item, outcomes = stage.run(starts=["throttled"], agents=["completes"], before=cancel)
    assert (execution["status"], item["status"], len(outcomes)) == ("SUCCEEDED", "CANCELLED", 1)
    assert item["cancel_requested_by"] == "ann"


def test_the_workflow_cancels_a_run_whose_agent_ignores_the_cancellation(stage):
    execution, item, _ = stage.run(agents=["hangs"], before=stage.cancel)
    assert (execution["status"], item["status"]) == ("SUCCEEDED", "CANCELLED")


def test_a_cancellation_does_not_change_a_run_that_has_ended(stage):
    _, before, _ = stage.run(agents=["completes"])
    assert stage.cancel(before["PK"]) == "SUCCEEDED"
    assert stage.item(before["PK"]) == before


@pytest.mark.parametrize(
    "detail",
    [{}, {"session_id": ""}, {"session_id": 7}, {"session_id": "s" * 3_000}, "s" * 36],
)
def test_a_cancellation_without_a_valid_session_id_fails_and_names_what_to_send(stage, detail):
    execution = stage.wait_for(stage.request_cancellation(detail))
    assert execution["error"] == "InvalidRequest"
    assert "send the run's session_id" in execution["cause"]


def test_a_cancellation_with_a_path_as_session_id_marks_nothing(stage):
    execution = stage.wait_for(stage.request_cancellation({"session_id": "../" * 12}))
    assert execution["error"] == "InvalidRequest"
    assert stage.item("../" * 12) == {}
