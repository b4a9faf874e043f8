"""Whoever waits for a start waits longer than the one that it waits for."""

from __future__ import annotations

import pytest

from components.runtime.sessions import TIMEOUT_SECONDS
from components.settings.budgets import Budgets
from components.workflow.definitions import states
from functions import sessions

# AWS documentation of AgentCore Runtime: an agent has 30 s to answer its first ping on V1, and 120 s on V2.
LONGEST_START_SECONDS = 120


@pytest.mark.parametrize(
    ("call", "verb", "task"),
    [
        (sessions.START_SECONDS, "start", states.START_TASK_SECONDS),
        (sessions.STOP_SECONDS, "stop", states.STOP_TASK_SECONDS),
    ],
)
def test_a_function_outlasts_its_call_and_a_task_outlasts_its_function(call: int, verb: str, task: int) -> None:
    connecting = 5
    assert call + connecting < TIMEOUT_SECONDS[verb] < task


def test_the_slowest_start_of_a_session_fits_all_times() -> None:
    budgets = Budgets()
    assert sessions.START_SECONDS > LONGEST_START_SECONDS
    # A start whose response was lost may go on: the attempt is not taken over before it can have begun.
    assert budgets.start_seconds >= LONGEST_START_SECONDS
    left = budgets.workflow_deadline_seconds - LONGEST_START_SECONDS - budgets.lease_seconds
    assert left >= budgets.agent_deadline_seconds
