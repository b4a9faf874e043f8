"""Executions that continue where they ended, as on AWS."""

import json
import runpy
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from local.emulator import emulator as emulator_module
from tests.local.agentcore.test_data_plane import create_role

pytestmark = pytest.mark.local

TYPES = {
    "TableName": "later",
    "AttributeDefinitions": [{"AttributeName": "PK", "AttributeType": "S"}],
    "KeySchema": [{"AttributeName": "PK", "KeyType": "HASH"}],
    "BillingMode": "PAY_PER_REQUEST",
}


@pytest.fixture(scope="module")
def machines(account):
    return account.client("stepfunctions")


@pytest.fixture(scope="module")
def start(account, machines):
    """Return a function that starts an execution of some states, and returns the ARN."""
    role = create_role(account, "any", {"Service": "states.amazonaws.com"})

    def started(name, states, given="{}"):
        definition = {"QueryLanguage": "JSONata", "StartAt": next(iter(states)), "States": states}
        machine = machines.create_state_machine(name=name, definition=json.dumps(definition), roleArn=role)
        return machines.start_execution(stateMachineArn=machine["stateMachineArn"], input=given)["executionArn"]

    return started


@pytest.fixture(scope="module")
def wait(machines):
    """Return a function that waits until an execution has ended or has entered a state, and describes it."""

    def waited(arn, state=None):
        until = time.monotonic() + 60
        while True:
            execution = machines.describe_execution(executionArn=arn)
            entered = [event for event in history(machines, arn) if event == f"Wait {state}"]
            if execution["status"] != "RUNNING" or entered:
                return execution
            assert time.monotonic() < until
            time.sleep(0.05)

    return waited


def history(machines, arn):
    """Return the types of an execution's events. For a state that was entered, it is its type and its name."""
    return [
        f"{event['type'].removesuffix('StateEntered')} {event['stateEnteredEventDetails']['name']}"
        if "stateEnteredEventDetails" in event
        else event["type"]
        for event in machines.get_execution_history(executionArn=arn)["events"]
    ]


def test_a_failed_execution_continues_with_its_input_variables_and_definition(account, machines, start, wait):
    item = {"PK": {"S": "{% $states.input.key %}"}, "value": {"S": "{% $word & $string($redrives) %}"}}
    redrives = "{% $exists($states.context.Execution.RedriveCount) ? $states.context.Execution.RedriveCount : 0 %}"
    arn = start(
        "failing",
        {
            "Before": {"Type": "Pass", "Assign": {"word": "kept", "redrives": 7}, "Next": "Write"},
            "Write": {
                "Type": "Task",
                "Resource": "arn:aws:states:::dynamodb:putItem",
                "Arguments": {"TableName": "later", "Item": item},
                "Assign": {"redrives": redrives},
                "Next": "Read",
            },
            "Read": {"Type": "Pass", "Output": "{% $word & $string($redrives) %}", "End": True},
        },
        json.dumps({"key": "k"}),
    )
    failed = wait(arn)
    assert (failed["status"], failed["redriveStatus"], failed["redriveCount"]) == ("FAILED", "REDRIVABLE", 0)
    before = history(machines, arn)
    assert before[-2:] == ["TaskFailed", "ExecutionFailed"]

    account.client("dynamodb").create_table(**TYPES)
    machines.update_state_machine(
        stateMachineArn=failed["stateMachineArn"], definition='{"StartAt": "X", "States": {}}'
    )
    redriven_at = machines.redrive_execution(executionArn=arn, clientToken="one")["redriveDate"]

    ended = wait(arn)
    assert (ended["status"], json.loads(ended["output"])) == ("SUCCEEDED", "kept1")
    assert (ended["redriveCount"], ended["redriveDate"], ended["startDate"]) == (1, redriven_at, failed["startDate"])
    assert (ended["redriveStatus"], "error" in ended) == ("NOT_REDRIVABLE", False)
    written = account.client("dynamodb").get_item(TableName="later", Key={"PK": {"S": "k"}})["Item"]
    assert written["value"]["S"] == "kept7"
    after = history(machines, arn)
    assert after[: len(before)] == before
    assert after[len(before) :] == [
        "ExecutionRedriven",
        "TaskScheduled",
        "TaskSucceeded",
        "TaskStateExited",
        "Pass Read",
        "PassStateExited",
        "ExecutionSucceeded",
    ]
    # The same request again, as when its response was lost, and a new one.
    assert machines.redrive_execution(executionArn=arn, clientToken="one")["redriveDate"] == redriven_at
    with pytest.raises(machines.exceptions.ExecutionNotRedrivable, match="Execution is SUCCEEDED and cannot be"):
        machines.redrive_execution(executionArn=arn)


def test_an_aborted_execution_continues_and_its_first_thread_does_not(machines, start, wait):
    states = {
        "First": {"Type": "Wait", "Seconds": 1, "Next": "Second"},
        "Second": {"Type": "Wait", "Seconds": 0, "Next": "End"},
        "End": {"Type": "Succeed"},
    }
    arn = start("aborted", states)
    assert wait(arn, "First")["redriveStatusReason"] == "Execution is RUNNING and cannot be redriven"
    machines.stop_execution(executionArn=arn)
    machines.redrive_execution(executionArn=arn)
    assert wait(arn)["status"] == "SUCCEEDED"
    assert history(machines, arn)[1:] == [
        "Wait First",
        "ExecutionAborted",
        "ExecutionRedriven",
        "WaitStateExited",
        "Wait Second",
        "WaitStateExited",
        "Succeed End",
        "SucceedStateExited",
        "ExecutionSucceeded",
    ]


def test_an_execution_that_failed_in_a_fail_state_fails_again(machines, start, wait):
    arn = start("fail", {"Fail": {"Type": "Fail", "Error": "Broken", "Cause": "as before"}})
    wait(arn)
    machines.redrive_execution(executionArn=arn)
    again = wait(arn)
    assert (again["status"], again["error"], again["redriveCount"]) == ("FAILED", "Broken", 1)
    assert again["redriveStatus"] == "REDRIVABLE"


def test_an_unknown_execution_is_not_redriven(machines):
    with pytest.raises(machines.exceptions.ExecutionDoesNotExist):
        machines.redrive_execution(executionArn="arn:aws:states:eu-west-1:123456789012:execution:none:none")


@pytest.mark.parametrize(
    ("days", "events", "reason"),
    [
        (13, 24_998, None),
        (15, 1, "Execution redrivable period exceeded"),
        (1, 24_999, "Execution history event limit exceeded"),
    ],
)
def test_an_execution_can_be_redriven_for_14_days_and_with_room_for_more_events(days, events, reason):
    refusal = runpy.run_path(str(Path(emulator_module.__file__).with_name("redrive.py")))["refusal"]
    now = datetime(2026, 11, 28, tzinfo=UTC)
    execution = {
        "status": "FAILED",
        "stopDate": (now - timedelta(days=days)).isoformat(),
        "events": range(events),
    }
    assert refusal(execution, now) == reason
