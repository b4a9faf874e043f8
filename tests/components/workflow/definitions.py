"""The definition of the state machine of runs, with arguments that most tests do not care about."""

from __future__ import annotations

from typing import Any

from components.settings.budgets import Budgets
from components.settings.model import ExcessRuns, NotifyOn
from components.workflow.definitions import run


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
