"""The environment variables of the agent's process. `agent/harness/environment.py` reads them."""

from __future__ import annotations

from collections.abc import Mapping

import pulumi

from agent.harness.variables import Variable
from components.settings.model import Settings
from components.settings.setting import agent_variables


def runtime_environment(
    settings: Settings, *, journal_table: pulumi.Input[str], report_bucket: pulumi.Input[str]
) -> Mapping[str, pulumi.Input[str]]:
    """Return the environment variables of the agent's process.

    The declaration of a setting names its variable (`components/settings/model.py`).
    """
    return {
        Variable.JOURNAL_TABLE.value: journal_table,
        Variable.REPORT_BUCKET.value: report_bucket,
        **{variable.value: text for variable, text in agent_variables(settings).items()},
        # AgentCore requests /ping every few seconds, and a span of each request is of no use.
        "OTEL_PYTHON_EXCLUDED_URLS": "/ping",
    }
