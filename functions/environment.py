"""What the handlers read from their environment (`components/` declares it)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Environment:
    """What the environment says.

    Attributes:
        agent_runtime_arn: The AgentCore runtime whose sessions are started and stopped.
    """

    agent_runtime_arn: str


def read(variables: Mapping[str, str]) -> Environment:
    """Read `os.environ`, at the first invocation rather than at import.

    Raises:
        LookupError: A variable is missing.
    """
    arn = variables.get("AGENT_RUNTIME_ARN")
    if not arn:
        raise LookupError("AGENT_RUNTIME_ARN is not set: the function's environment must name the agent runtime")
    return Environment(agent_runtime_arn=arn)
