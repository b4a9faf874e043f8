"""Runs that compete with each other in a stack on this machine."""

import contextlib
import itertools
import json

import pytest

from agent import event_types
from local.stack import SCRIPTED_MODEL, LocalStack, Options

pytestmark = pytest.mark.local

LONG = "wait 60: Look at everything."
# An agent notices its cancellation at its next heartbeat.
AGENT = SCRIPTED_MODEL | {"HEARTBEAT_SECONDS": "0.5"}


def schedule(name, overlap):
    return {"name": name, "expression": "rate(1 hour)", "prompt": LONG, "overlap": overlap}


@pytest.fixture(scope="module")
def stack(tmp_path_factory):
    schedules = [schedule("skips", "skip"), schedule("cancels", "cancelOld"), schedule("overlaps", "allow")]
    config = {"agent-runs:schedules": json.dumps(schedules)}
    options = Options(config=config, agent_environment=AGENT, state=tmp_path_factory.mktemp("state"))
    with LocalStack(options) as stack:
        stack.deploy()
        yield stack


def fire(stack, schedule):
    """Put the event of a schedule on the bus, and return the run's id when its agent works."""
    session_id = stack.runs.fire(schedule)
    until_busy(stack, session_id)
    return session_id


def until_busy(stack, session_id):
    for run in stack.runs.watch(session_id, seconds=60):
        if run.status == "BUSY":
            return
    pytest.fail(f"the run ended as {run.status}: {run.error}")


def cancel(stack, session_id):
    stack.runs.publish(event_types.CANCELLATION_REQUESTED, {"session_id": session_id})
    return stack.runs.wait(session_id)


def test_a_schedule_skips_a_run_while_its_last_run_works(stack):
    working = fire(stack, "skips")
    skipped = stack.runs.wait(stack.runs.fire("skips"))
    assert (skipped.status, skipped.item["error_type"]) == ("CANCELLED", "ScheduleOverlap")
    assert working in skipped.error
    assert skipped.session_id not in {record.session_id for record in stack.data_plane.sessions()}
    assert cancel(stack, working).status == "CANCELLED"
    cancel(stack, fire(stack, "skips"))


def test_a_schedule_cancels_its_last_run_when_it_is_due_again(stack):
    old = fire(stack, "cancels")
    new = fire(stack, "cancels")
    assert stack.runs.wait(old).status == "CANCELLED"
    assert stack.runs.read(new).status == "BUSY"
    cancel(stack, new)


def test_runs_of_a_schedule_that_allows_it_work_at_the_same_time(stack):
    both = [fire(stack, "overlaps"), fire(stack, "overlaps")]
    assert [stack.runs.read(session_id).status for session_id in both] == ["BUSY", "BUSY"]
    for session_id in both:
        cancel(stack, session_id)


def test_a_failed_run_is_requested_again_with_its_own_prompt(stack):
    failed = stack.runs.wait(stack.runs.request("fail: no luck today"))
    again = stack.runs.wait(stack.runs.publish(event_types.RUN_REQUESTED, {"retry_of": failed.session_id}))
    assert (again.status, again.error) == ("FAILED", "RuntimeError: no luck today")
    assert (again.item["prompt"], again.item["retry_of"]) == ("fail: no luck today", failed.session_id)


@pytest.fixture
def limited(tmp_path):
    """Return a function that deploys a stack in which two runs may be live."""
    with contextlib.ExitStack() as stacks:

        def deploy(excess_runs):
            config = {"agent-runs:maxLiveRuns": "2", "agent-runs:excessRuns": excess_runs}
            options = Options(config=config, agent_environment=AGENT, state=tmp_path)
            stack = stacks.enter_context(LocalStack(options))
            stack.deploy()
            return stack

        yield deploy


def test_a_burst_waits_for_its_turns_and_never_exceeds_the_limit(limited):
    stack = limited("wait")
    sessions = [stack.runs.request("Look at everything.") for _ in range(6)]
    runs = [stack.runs.wait(session_id, seconds=120) for session_id in sessions]
    assert [run.status for run in runs] == ["COMPLETED"] * 6
    changes = [(run.item["started_at"], 1) for run in runs] + [(run.item["finished_at"], -1) for run in runs]
    assert max(itertools.accumulate(change for _, change in sorted(changes))) <= 2


def test_a_run_beyond_the_limit_fails_if_that_is_the_setting(limited):
    stack = limited("fail")
    working = [stack.runs.request(LONG), stack.runs.request(LONG)]
    for session_id in working:
        until_busy(stack, session_id)
    excess = stack.runs.wait(stack.runs.request(LONG))
    assert (excess.status, excess.item["error_type"]) == ("FAILED", "TooManyRuns")
    for session_id in working:
        cancel(stack, session_id)
    assert stack.runs.wait(stack.runs.request("Look at everything.")).status == "COMPLETED"
