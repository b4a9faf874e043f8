"""The workflow's execution of a run."""

from __future__ import annotations

import json

from runs.execution import workflow_state
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
