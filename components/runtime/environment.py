"""The environment of the agent's process: what it is told of the stack (`agent/harness/environment.py` reads it)."""

from __future__ import annotations

from collections.abc import Mapping

import pulumi

from components.settings.model import Settings


def runtime_environment(
    settings: Settings, *, journal_table: pulumi.Input[str], report_bucket: pulumi.Input[str]
) -> Mapping[str, pulumi.Input[str]]:
    """The variables that the agent runs with."""
    budgets = settings.budgets
    variables: dict[str, pulumi.Input[str]] = {
        "JOURNAL_TABLE": journal_table,
        "REPORT_BUCKET": report_bucket,
        "MODEL_ID": settings.model_id,
        "HEARTBEAT_SECONDS": str(budgets.heartbeat_seconds),
        "LEASE_SECONDS": str(budgets.lease_seconds),
        "AGENT_DEADLINE_SECONDS": str(budgets.agent_deadline_seconds),
        "EXPECTED_SECONDS": str(budgets.expected_seconds),
        "MAX_TURNS": str(settings.max_turns),
        "MAX_TOKENS": str(settings.max_tokens),
        "MAX_PROMPT_CHARACTERS": str(settings.max_prompt_characters),
        "JOURNAL_RETENTION_DAYS": str(settings.journal_retention_days),
        "LOG_LEVEL": settings.log_level,
        # AgentCore asks every few seconds how the agent is: of that no spans are wanted.
        "OTEL_PYTHON_EXCLUDED_URLS": "/ping",
    }
    if settings.model_factory is not None:
        variables["MODEL_FACTORY"] = settings.model_factory
    return variables
