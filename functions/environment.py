"""The settings of the handlers, read from the environment that `components/runtime/sessions.py` declares."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

_MEANINGS = {"AGENT_RUNTIME_ARN": "the agent runtime's ARN", "JOURNAL_TABLE": "the name of the table of runs"}


@dataclass(frozen=True, kw_only=True)
class FunctionSettings:
    """The settings of both handlers.

    Attributes:
        agent_runtime_arn: The AgentCore runtime whose sessions the handlers start and stop.
        journal_table: The table of runs.
    """

    agent_runtime_arn: str
    journal_table: str


def read(environment: Mapping[str, str]) -> FunctionSettings:
    """Read the settings, for example from `os.environ`.

    Raises:
        LookupError: A variable is missing.
    """
    values = {name: environment.get(name, "") for name in _MEANINGS}
    for name, value in values.items():
        if not value:
            raise LookupError(f"{name} is not set: set it to {_MEANINGS[name]} in the function's environment")
    return FunctionSettings(agent_runtime_arn=values["AGENT_RUNTIME_ARN"], journal_table=values["JOURNAL_TABLE"])
