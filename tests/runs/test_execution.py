"""The workflow's execution of a run."""

from __future__ import annotations

import json

import pytest

from runs.execution import entered_states, workflow_state
from tests.runs.accounts import NOW, answer


def test_a_state_is_known_while_its_task_is_tried_for_the_ninth_time(account):
    entered = {"type": "TaskStateEntered", "stateEnteredEventDetails": {"name": "Announce"}}
    tries = [{"type": kind} for _ in range(9) for kind in ("TaskScheduled", "TaskStarted", "TaskFailed")]
    events = [event | {"id": number, "timestamp": NOW} for number, event in enumerate([entered, *tries], 1)]

    def respond(request):
        return {"events": events[::-1][: json.loads(request["body"])["maxResults"]]}

    running = {"status": "RUNNING", "executionArn": "arn:a", "stateMachineArn": "arn:b", "startDate": NOW}
    answer(account.place, "stepfunctions", get_execution_history=respond, describe_execution=running)
    state = workflow_state(account.place, "arn:a")
    assert (state.name, state.kind, state.status) == ("Announce", "Task", "RUNNING")


@pytest.mark.parametrize(("number", "expected"), [(1_500, 1_500), (7_000, 5_050)])
def test_the_states_of_all_pages_are_read_and_of_a_very_long_history_the_first_and_the_last(account, number, expected):
    entered = {"type": "TaskStateEntered", "timestamp": NOW}
    events = [entered | {"id": one, "stateEnteredEventDetails": {"name": str(one)}} for one in range(1, number + 1)]

    def respond(request):
        asked = json.loads(request["body"])
        begin = int(asked.get("nextToken", 0))
        end = begin + asked["maxResults"]
        page = (events[::-1] if asked.get("reverseOrder") else events)[begin:end]
        return {"events": page} | ({"nextToken": str(end)} if end < number else {})

    answer(account.place, "stepfunctions", get_execution_history=respond)
    names = [int(state.name) for state in entered_states(account.place, "arn:a")]
    assert (len(names), names[0], names[-1], names) == (expected, 1, number, sorted(names))
