"""The logs of a run, as one timeline."""

import json
from datetime import timedelta

import pytest

from runs.errors import RunsError
from runs.logs.timeline import Logs
from runs.place.place import Place, Stack
from tests.runs.accounts import NOW, OUTPUTS, history

ID = "5f02c1aa-1111-4222-8333-444455556666"
ARN = OUTPUTS["state_machine_arn"].replace("stateMachine", "execution") + f":{ID}"


@pytest.fixture
def logs(account):
    return Logs(account.place)


def line(text, **members):
    return json.dumps({"sessionId": ID, "message": text} | members)


def test_agent_functions_and_workflow_are_one_timeline(account, logs):
    account.add_run(ID, minutes_ago=2, execution_arn=ARN)
    history(account.place, [(100, "StartAgent"), (40, "StopSession")])
    account.log("start", json.dumps({"correlation_id": ID, "level": "INFO", "message": "accepted"}), seconds_ago=99)
    account.log("agent", line("Reading", level="WARNING"), seconds_ago=60)
    account.log("agent", f"a plain line of {ID}", seconds_ago=50)
    account.log("stop", line("failed", error="AccessDenied"), seconds_ago=39)

    timeline = logs.read(account.journal.get(ID), now=NOW)

    assert [(one.source, one.level, one.text) for one in timeline.lines] == [
        ("workflow", None, "StartAgent"),
        ("start", "INFO", "accepted"),
        ("agent", "WARNING", "Reading"),
        ("agent", None, f"a plain line of {ID}"),
        ("workflow", None, "StopSession"),
        ("stop", None, "failed: AccessDenied"),
    ]
    assert not timeline.is_cut


def test_waiting_and_looking_again_and_again_is_one_line(account, logs):
    account.add_run(ID, minutes_ago=2, execution_arn=ARN)
    watching = ["WaitForRun", "CheckRun", "EvaluateRun"] * 9
    states = ["StartAgent", *watching, "TakeOver", "StartAgent", *watching, "StopSession"]
    history(account.place, [(99 - number, name) for number, name in enumerate(states)])
    lines = logs.read(account.journal.get(ID), now=NOW).lines
    expected = ["StartAgent", "WaitForRun", "TakeOver", "StartAgent", "WaitForRun", "StopSession"]
    assert [line.text for line in lines] == expected


def test_lines_of_other_runs_and_of_other_times_are_left_out(account, logs):
    account.add_run(ID, minutes_ago=60, finished_at=NOW.timestamp() - 1800)
    account.log("agent", line("before the request"), seconds_ago=3 * 3600)
    account.log("agent", json.dumps({"sessionId": "another", "message": "another"}), seconds_ago=2000)
    account.log("agent", line("mine"), seconds_ago=2000)
    account.log("agent", line("long after the end"), seconds_ago=60)

    assert [one.text for one in logs.read(account.journal.get(ID), now=NOW).lines] == ["mine"]


def test_no_more_than_the_limit_is_read(account, logs):
    account.add_run(ID, minutes_ago=10)
    for number in range(30):
        account.log("agent", line(str(number)), seconds_ago=500 - number)

    timeline = logs.read(account.journal.get(ID), now=NOW, limit=7)

    assert [one.text for one in timeline.lines] == [str(number) for number in range(7)]
    assert timeline.is_cut


def test_following_ends_some_seconds_after_the_run_has_ended_and_repeats_no_line(account, logs):
    account.add_run(ID, minutes_ago=1, status="BUSY")
    account.log("agent", line("first"), seconds_ago=30)
    clock = [NOW]

    def sleep(seconds):
        clock[0] += timedelta(seconds=seconds)
        if clock[0] == NOW + timedelta(seconds=4):
            account.log("agent", line("last"), seconds_ago=-3)
            account.add_run(ID, minutes_ago=1, finished_at=NOW.timestamp() + 4)
        if clock[0] == NOW + timedelta(seconds=10):
            account.log("stop", line("late, written before the last line was read"), seconds_ago=-2)

    followed = [one.text for one in logs.follow(ID, now=lambda: clock[0], sleep=sleep)]

    assert followed == ["first", "last", "late, written before the last line was read"]
    assert clock[0] == NOW + timedelta(seconds=20)


def test_following_reads_more_lines_than_one_look_returns(account, logs):
    account.add_run(ID, minutes_ago=10, finished_at=NOW.timestamp() - 60)
    for number in range(20):
        account.log("agent", line(str(number)), seconds_ago=500 - number)
    clock = [NOW]

    def sleep(seconds):
        clock[0] += timedelta(seconds=seconds)

    followed = [one.text for one in logs.follow(ID, now=lambda: clock[0], sleep=sleep, limit=5)]

    assert followed == [str(number) for number in range(20)]


def test_a_stack_of_an_older_version_names_the_remedy():
    old = {name: value for name, value in OUTPUTS.items() if name != "log_group_names"}
    place = Place(Stack(name="dev", outputs={"agents": {"analyst": old}}, environment={}))
    with pytest.raises(RunsError, match="Stack dev has no output log_group_names: deploy it with this version"):
        Logs(place)
