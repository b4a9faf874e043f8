"""The settings of the handlers, read from the environment that `components/runtime/sessions.py` declares."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class FunctionSettings:
    """The settings of both handlers.

    Attributes:
        agent_runtime_arn: The AgentCore runtime whose sessions the handlers start and stop.
    """

    agent_runtime_arn: str


def read(environment: Mapping[str, str]) -> FunctionSettings:
    """Read the settings, for example from `os.environ`.

    Raises:
        LookupError: A variable is missing.
    """
    arn = environment.get("AGENT_RUNTIME_ARN")
    if not arn:
        raise LookupError(
            "AGENT_RUNTIME_ARN is not set: set it to the agent runtime's ARN in the function's environment"
        )
    return FunctionSettings(agent_runtime_arn=arn)
