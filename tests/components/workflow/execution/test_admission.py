"""Executions that wait for their turn, or for the last run of their schedule."""

import json
import time
import uuid

import pytest

from agent.harness import schema
from components.settings.model import ExcessRuns
from tests.components.workflow.execution.stage import SOON

pytestmark = pytest.mark.local


def test_runs_beyond_the_limit_wait_for_their_turn(stage, limited):
    machine = limited(ExcessRuns.WAIT)
    sessions = [str(uuid.uuid4()) for _ in range(5)]
    detail = {"prompt": json.dumps({"agents": ["completes"]})}
    executions = [stage.start(session_id, detail, machine) for session_id in sessions]
    assert {stage.wait_for(execution)["status"] for execution in executions} == {"SUCCEEDED"}
    assert {stage.item(session_id)["status"] for session_id in sessions} == {"COMPLETED"}
    assert stage.item(f"{schema.LIMIT_PREFIX}LIVE", "RUN").get("runs", set()) == set()


def test_runs_beyond_the_limit_fail_if_that_is_the_setting(stage, limited):
    machine = limited(ExcessRuns.FAIL)
    with stage.working("may-overlap", machine), stage.working("may-overlap", machine):
        execution, item, outcomes = stage.run(machine=machine, agents=["completes"])
        assert (execution["error"], item["status"], len(outcomes)) == ("TooManyRuns", "FAILED", 1)
        assert stage.calls(item["PK"], "starts") == []
    assert stage.run(machine=machine, agents=["completes"])[1]["status"] == "COMPLETED"


def test_a_waiting_run_can_be_cancelled_and_ends_at_its_deadline(stage, limited):
    machine = limited(ExcessRuns.WAIT)
    with stage.working("may-overlap", machine), stage.working("may-overlap", machine):
        _, cancelled, _ = stage.run(machine=machine, agents=["completes"], before=stage.cancel)
        assert (cancelled["status"], stage.calls(cancelled["PK"], "starts")) == ("CANCELLED", [])
        _, late, _ = stage.run(machine=limited(ExcessRuns.WAIT, deadline=SOON), agents=["completes"])
        assert (late["status"], late["error_type"]) == ("FAILED", "TooManyRuns")


@pytest.mark.parametrize("excess_runs", ExcessRuns)
def test_the_entry_of_an_aborted_execution_expires(stage, limited, excess_runs):
    entries = {":runs": {"SS": [f"{int(time.time()) - 1} aborted-1", f"{int(time.time()) - 1} aborted-2"]}}
    stage.dynamodb.update_item(
        TableName=stage.table,
        Key=schema.LIVE_RUNS_KEY,
        UpdateExpression="ADD runs :runs",
        ExpressionAttributeValues=entries,
    )
    assert stage.run(machine=limited(excess_runs), agents=["completes"])[1]["status"] == "COMPLETED"


def test_a_run_is_skipped_while_the_last_run_of_its_schedule_works(stage):
    with stage.working("weekly") as (working, _):
        execution, item, outcomes = stage.run(schedule="weekly", agents=["completes"])
        assert (execution["status"], item["status"]) == ("SUCCEEDED", "CANCELLED")
        assert (item["error_type"], working in item["error_message"]) == ("ScheduleOverlap", True)
        assert (outcomes[0]["detail"]["error_type"], len(outcomes)) == ("ScheduleOverlap", 1)
        assert stage.calls(item["PK"], "starts") == []
        assert stage.item(working)["status"] == "BUSY"
        assert stage.run(schedule="may-overlap", agents=["completes"])[1]["status"] == "COMPLETED"
        assert stage.run(agents=["completes"])[1]["status"] == "COMPLETED"
    assert stage.run(schedule="weekly", agents=["completes"])[1]["status"] == "COMPLETED"


@pytest.mark.parametrize("agent", ["completes", "fails", "dies", "cancels itself"])
def test_a_schedule_is_free_after_every_end_of_its_run(stage, agent):
    for _ in range(2):
        assert stage.run(schedule="weekly", agents=[agent])[1].get("error_type") != "ScheduleOverlap"


def test_a_run_cancels_the_last_run_of_its_schedule_and_starts(stage):
    with stage.working("hourly") as (old, old_execution):
        _, item, _ = stage.run(schedule="hourly", agents=["completes"])
        assert item["status"] == "COMPLETED"
        assert stage.wait_for(old_execution)["status"] == "SUCCEEDED"
        cancelled = stage.item(old)
        assert (cancelled["status"], len(stage.outcomes(old))) == ("CANCELLED", 1)
        assert cancelled["cancel_requested_by"] == f"schedule hourly, run {item['PK']}"


def test_an_aborted_execution_does_not_block_its_schedule_once_its_run_has_ended(stage):
    with stage.working("weekly") as (session_id, execution_arn):
        stage.stepfunctions.stop_execution(executionArn=execution_arn)
        stage.wait_for(execution_arn)
        assert stage.run(schedule="weekly", agents=["completes"])[1]["error_type"] == "ScheduleOverlap"
        stage.end(session_id)
        assert stage.run(schedule="weekly", agents=["completes"])[1]["status"] == "COMPLETED"
