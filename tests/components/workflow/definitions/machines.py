"""The state machines of runs, with arguments that most tests do not care about, and evaluations of their states."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from components.settings.budgets import Budgets
from components.settings.model import ExcessRuns, NotifyOn
from components.settings.schedules import Overlap
from components.workflow.definitions import run
from components.workflow.definitions.cancellation import cancellation_definition
from tests.components import asl

NOW = 1_800_000_000.0
BUDGETS = Budgets()
# The variables of a run that most tests do not care about.
RUN_NAMES = {
    "session_id": "s" * 36,
    "prompt": "look",
    "throttles": 0,
    "looks": 0,
    "failure": {},
    "start_error": "",
    "schedule": "",
    "retry_of": "",
    "is_live": True,
    "current_run": "none",
}


def run_definition(**changes: Any) -> dict[str, Any]:
    """Return the definition with some arguments replaced."""
    arguments: dict[str, Any] = {
        "budgets": Budgets(),
        "max_prompt_characters": 100,
        "default_prompt": "look",
        "journal_retention_days": 1,
        "table_name": "journal",
        "start_function_arn": "start",
        "stop_function_arn": "stop",
        "bus_name": "bus",
        "report_bucket": "b",
        "topic_arn": "arn:aws:sns:eu-west-1:123456789012:alarms",
        "notify_on": NotifyOn.NEVER,
        "overlaps": {},
        "max_live_runs": 1,
        "excess_runs": ExcessRuns.WAIT,
    }
    return run.definition(**arguments | changes)


def definition(
    budgets: Budgets = BUDGETS, excess_runs: ExcessRuns = ExcessRuns.WAIT, notify_on: NotifyOn = NotifyOn.CHANGE
) -> dict[str, Any]:
    """Return the definition with two schedules whose runs must not overlap, and a limit of two live runs."""
    return run_definition(
        budgets=budgets,
        default_prompt='Say "hello" to\nthe world',
        journal_retention_days=30,
        start_function_arn="arn:aws:lambda:eu-west-1:123456789012:function:start",
        stop_function_arn="arn:aws:lambda:eu-west-1:123456789012:function:stop",
        notify_on=notify_on,
        overlaps={"schedule weekly": Overlap.SKIP, "schedule hourly": Overlap.CANCEL_OLD},
        max_live_runs=2,
        excess_runs=excess_runs,
    )


DEFINITIONS = {
    "workflow": definition(),
    "workflow in which excess runs fail": definition(excess_runs=ExcessRuns.FAIL),
    "workflow with a notification of every outcome": definition(notify_on=NotifyOn.ALWAYS),
    "workflow without notifications": definition(notify_on=NotifyOn.NEVER),
    "cancellation": cancellation_definition(table_name="journal"),
}
STATES = DEFINITIONS["workflow"]["States"]


def check_run(item: Mapping[str, Any] | None, *, now: float = NOW, **variables: Any) -> dict[str, Any]:
    """Return what `CheckRun` assigns after it has read an item."""
    names = {
        "states": {"result": {"Item": item} if item else {}},
        "attempt": 1,
        "deadline_at": NOW + 3600,
        **RUN_NAMES,
        **variables,
    }
    assigned: dict[str, Any] = asl.evaluate(STATES["CheckRun"]["Assign"], names, now=now)
    return assigned


def evaluate_run(
    run: Mapping[str, Any],
    *,
    now: float = NOW,
    attempt: int = 1,
    accepted_attempt: int = 1,
    accepted_at: float = NOW,
    deadline_at: float = NOW + 3600,
    throttles: int = 0,
    schedule: str = "",
    is_live: bool = True,
) -> tuple[str, dict[str, Any]]:
    """Return the state after `EvaluateRun`, and what the choice assigns."""
    names = {
        **RUN_NAMES,
        "throttles": throttles,
        "schedule": schedule,
        "is_live": is_live,
        "run": run,
        "attempt": attempt,
        "accepted_attempt": accepted_attempt,
        "accepted_at": accepted_at,
        "deadline_at": deadline_at,
    }
    return asl.choose(STATES["EvaluateRun"], names, now=now)


def where_to(run: Mapping[str, Any], **variables: Any) -> str:
    """Return the state after `EvaluateRun`."""
    return evaluate_run(run, **variables)[0]


def busy(**fields: Any) -> dict[str, Any]:
    """Return a run whose agent works."""
    return {"status": "BUSY", "attempt": 1, "lease_expires_at": NOW + 60, **fields}
