"""The commands that start and end runs: what they put on the bus."""

from __future__ import annotations

import json

import pytest

from tests.runs.accounts import answer
from tests.runs.cli.conftest import BUSY, DONE, FAILED

STARTED = "0f3b6d7e-1111-4222-8333-444455556666"


@pytest.fixture
def events(account):
    """Return the events that commands have put on the bus: type and detail."""
    found = []

    def put(params):
        (entry,) = json.loads(params["body"])["Entries"]
        found.append((entry["DetailType"], json.loads(entry["Detail"])))
        return {"FailedEntryCount": 0, "Entries": [{"EventId": STARTED}]}

    answer(account.place, "events", put_events=put)
    return found


def test_a_prompt_starts_a_run(run, events):
    assert run("start", "--prompt", "Why?") == (
        0,
        f"Requested {STARTED}: 'runs watch 0f3b6d7e' follows it\n",
        "",
    )
    ((kind, detail),) = events
    assert (kind, detail["prompt"]) == ("Agent Run Requested", "Why?")
    assert "@" in detail["requested_by"]


@pytest.mark.parametrize("arguments", [("--json", "start"), ("start", "--json")])
def test_json_of_a_start_is_the_id(run, events, arguments):
    assert json.loads(run(*arguments)[1]) == {"session_id": STARTED}
    assert "prompt" not in events[0][1]


def test_a_start_by_schedule_uses_the_prompt_of_the_schedule(account, run, events):
    target = {"Target": {"Input": json.dumps({"prompt": "Weekly.", "requested_by": "schedule weekly"})}}
    answer(account.place, "scheduler", get_schedule=target)
    assert run("start", "--schedule", "weekly")[0] == 0
    assert events[0][1]["prompt"] == "Weekly."
    assert events[0][1]["requested_by"] != "schedule weekly"


@pytest.mark.parametrize(
    ("arguments", "status", "error"),
    [
        (("start", "--schedule", "x"), 2, "There is no schedule 'x': choose one of weekly"),
        (("start", "--schedule", "weekly", "--prompt", "x"), 2, "exclude each other"),
        (("cancel", DONE), 2, "is COMPLETED already: there is nothing to cancel"),
        (("retry", BUSY), 2, "is still BUSY: cancel it first, or wait for its end"),
        (("redrive", DONE), 4, "has no execution to redrive"),
    ],
)
def test_an_impossible_action_prints_one_line(runs, events, arguments, status, error):
    found = runs(*arguments)
    assert (found[0], found[1], found[2].count("\n")) == (status, "", 1)
    assert error in found[2]
    assert events == []


def test_a_live_run_is_cancelled(runs, events):
    assert runs("cancel", "8d76") == (0, f"Asked to cancel {BUSY}: 'runs watch 8d76db61'\n", "")
    ((kind, detail),) = events
    assert (kind, detail["session_id"]) == ("Agent Run Cancellation Requested", BUSY)
    assert "@" in detail["requested_by"]


def test_an_ended_run_is_retried(runs, events):
    assert runs("retry", "c1c5", "--json") == (0, f'{{\n  "session_id": "{STARTED}"\n}}\n', "")
    assert events[0][1]["retry_of"] == FAILED
