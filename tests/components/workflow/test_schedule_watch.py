"""The watch that fails if a schedule has produced no completed run."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import Any

import pytest
from statelint.config import Config
from statelint.linter import Linter

from components.settings.schedules import ScheduleSettings
from components.workflow.definitions.schedule_watch import schedule_watch_definition
from components.workflow.schedule_watch import Window, window
from tests.components import asl
from tests.components.recorded import Recording

pytestmark = pytest.mark.filterwarnings("ignore:.* has been deprecated in favor of:DeprecationWarning")

DEFINITION = schedule_watch_definition(table_name="journal")
STATES = DEFINITION["States"]
BEGAN = "2026-01-05T06:00:04.123Z"
NOW = 1_800_000_000.0


def began(**variables: Any) -> dict[str, Any]:
    """Return the variables with which the search begins."""
    states = {
        "input": {"requested_by": "schedule weekly", "earlier_seconds": 300, "patience_seconds": 4_200},
        "context": {"Execution": {"StartTime": BEGAN}},
    }
    assigned: dict[str, Any] = asl.evaluate(STATES["WaitForRun"]["Assign"], {"states": states}, now=NOW)
    return assigned | variables


def next_state(**answer: Any) -> str:
    return asl.choose(STATES["Judge"], {"states": {"input": answer}}, now=NOW)[0]


def test_the_definition_passes_the_linter_and_compiles() -> None:
    linted = json.loads(json.dumps(DEFINITION))
    linted["States"]["WaitForRun"]["Seconds"] = 1  # the linter does not accept an expression there; Step Functions does

    assert Linter.validate(linted, Config(evaluate_jsonata=True)) == []
    for expression in asl.expressions(DEFINITION):
        asl.expression(expression)


def test_the_watch_searches_completed_runs_of_the_schedule_since_just_before_it_was_due() -> None:
    query = asl.evaluate(STATES["FindRun"]["Arguments"], began(), now=NOW)

    assert (query["TableName"], query["IndexName"], query["Select"]) == ("journal", "runs-by-time", "COUNT")
    assert query["KeyConditionExpression"] == "#kind = :kind AND #requested_at >= :due"
    assert query["FilterExpression"] == (
        "#requested_by = :requested_by AND (#status = :completed OR #error_type = :skipped)"
    )
    assert {name: value["S"] for name, value in query["ExpressionAttributeValues"].items()} == {
        ":kind": "RUN",
        ":completed": "COMPLETED",
        ":skipped": "ScheduleOverlap",
        ":requested_by": "schedule weekly",
        ":due": "2026-01-05T05:55:04.123Z",
    }
    assert "ExclusiveStartKey" not in query


def test_the_search_continues_with_the_next_page() -> None:
    key = {"PK": {"S": "s-1"}}
    assigned = asl.evaluate(
        STATES["FindRun"]["Assign"], {"states": {"result": {"Count": 0, "LastEvaluatedKey": key}}}, now=NOW
    )

    assert asl.evaluate(STATES["FindRun"]["Arguments"], began(**assigned), now=NOW)["ExclusiveStartKey"] == key
    assert next_state(Count=0, LastEvaluatedKey=key) == "FindRun"


def test_the_watch_succeeds_with_one_completed_run_and_fails_with_none() -> None:
    assert next_state(Count=1, LastEvaluatedKey={}) == "RunCompleted"
    assert next_state(Count=0) == "NoCompletedRun"
    assert asl.evaluate(STATES["NoCompletedRun"]["Cause"], began(), now=NOW) == (
        "No run requested by schedule weekly since 2026-01-05T05:55:04.123Z has completed: "
        "look for it in the journal, then check the schedule and the dead letters"
    )


def test_each_schedule_has_a_watch_that_starts_with_it_and_ends_after_its_run(prod: Recording) -> None:
    schedules = {s.part: s for s in prod.of("Schedule")}
    for name, window_minutes in {"weekly": 15, "month-end": 30}.items():
        schedule, watch = schedules[f"scheduler-{name}"], schedules[f"watch-{name}"]

        for key in ("scheduleExpression", "scheduleExpressionTimezone", "state"):
            assert watch[key] == schedule[key]
        assert watch["flexibleTimeWindow"] == {"mode": "OFF"}
        watched = json.loads(watch["target"]["input"])
        assert watched["requested_by"] == json.loads(schedule["target"]["input"])["requested_by"]
        assert watched["patience_seconds"] == window_minutes * 60 + 3_600 + 600
        assert watched["earlier_seconds"] == 300
        assert watch["target"]["arn"].endswith("-schedule-watch")


DEADLINE = 3_600


def requested_in_window(due: Iterable[int], window: Window, *, watch_at: int, flexible: int) -> list[bool]:
    """Return two values for each due time: whether the watch sees the earliest possible run, and the latest one.

    The watch sees a run that was requested within the window and whose deadline has passed when the watch looks.
    """
    return [
        begin >= watch_at - window.earlier_seconds and begin + DEADLINE <= watch_at + window.patience_seconds
        for at in due
        for begin in (at, at + flexible)
    ]


@pytest.mark.parametrize("expression", ["rate(12 minutes)", "rate(1 hour)", "rate(1 day)", "rate(7 days)"])
@pytest.mark.parametrize("flexible_minutes", [0, 4])
def test_a_watch_of_a_rate_always_sees_a_run_of_a_working_schedule(expression: str, flexible_minutes: int) -> None:
    number, unit = re.findall(r"\d+|minute|hour|day", expression)
    period = int(number) * {"minute": 60, "hour": 3_600, "day": 86_400}[unit]
    schedule = ScheduleSettings(name="s", expression=expression, flexible_window_minutes=flexible_minutes)
    searched = window(schedule, workflow_deadline_seconds=DEADLINE)

    for phase in range(0, period, 60):
        seen = requested_in_window([-phase, period - phase], searched, watch_at=0, flexible=flexible_minutes * 60)
        earlier, later = seen[:2], seen[2:]
        assert all(earlier) or all(later), phase


@pytest.mark.parametrize("jitter", [-60, 0, 60])
@pytest.mark.parametrize("expression", ["rate(1 hour)", "rate(1 day)", "cron(0 6 * * ? *)"])
def test_a_watch_does_not_see_the_previous_run_instead_of_the_one_that_is_due(expression: str, jitter: int) -> None:
    schedule = ScheduleSettings(name="s", expression=expression, flexible_window_minutes=15)
    searched = window(schedule, workflow_deadline_seconds=DEADLINE)
    period = 3_600 if "hour" in expression else 86_400

    assert requested_in_window([jitter], searched, watch_at=0, flexible=900) == [True, True]
    assert not any(requested_in_window([jitter - period], searched, watch_at=0, flexible=900))


def test_schedules_and_their_watches_are_in_separate_groups(deployed: Recording) -> None:
    places = [(s["groupName"], s["name"]) for s in deployed.of("Schedule")]

    assert len(set(places)) == len(places)
    assert {group.rsplit("-", 1)[1] for group, _ in places} == {"schedules", "watches"}
