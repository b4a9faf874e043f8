"""What the bundles consist of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

# AgentCore starts this file of an agent's bundle with this command of its packages, which sends the spans to X-Ray.
AGENT_ENTRY = "main.py"
AGENT_STARTER = "opentelemetry-instrument"


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """What a bundle consists of.

    Attributes:
        name: The bundle's name.
        group: Dependency group of `pyproject.toml` whose packages the bundle contains.
        folders: Folders of the project that the bundle contains.
        copies: Other files: their paths in the project, by their names in the bundle.
        commands: Commands that start the bundle, so its packages must contain them.
        aws_services: Services that botocore can call; None keeps all of them. The descriptions of unused services would
            be the largest part of a small bundle.
        max_zipped_mebibytes: Size limit of the zip.
        max_unpacked_mebibytes: Size limit of all files together.
    """

    name: str
    group: str
    folders: Sequence[str]
    copies: Mapping[str, str] = field(default_factory=dict)
    commands: Sequence[str] = ()
    aws_services: frozenset[str] | None = None
    max_zipped_mebibytes: int = 250
    max_unpacked_mebibytes: int


def agent_recipe(*, folders: Sequence[str], entry: str, group: str) -> Recipe:
    """Return the recipe of an agent's bundle.

    Args:
        folders: Folders of the project that the bundle contains.
        entry: The file of the project that AgentCore starts.
        group: Dependency group of `pyproject.toml` whose packages the bundle contains.
    """
    # Limits: AWS documentation, "Quotas for AgentCore Runtime" (direct code deployment).
    return Recipe(
        name="agent",
        group=group,
        folders=folders,
        copies={AGENT_ENTRY: entry},
        commands=[AGENT_STARTER],
        max_unpacked_mebibytes=750,
    )


_SHARED_WITH_AGENT = (
    "agent/__init__.py",
    "agent/harness/__init__.py",
    "agent/harness/payload.py",
    "agent/harness/schema.py",
    "agent/harness/telemetry.py",
    "agent/harness/tokens.py",
)
# Limits: "Lambda quotas" (deployment package).
FUNCTIONS = Recipe(
    name="functions",
    group="functions",
    folders=["functions", "costs"],
    # What the functions share with the agent. Their zip stays small, so it has no other file of the agent.
    copies={name: name for name in _SHARED_WITH_AGENT},
    aws_services=frozenset({"bedrock-agentcore", "dynamodb"}),
    max_unpacked_mebibytes=250,
)
AGENT = agent_recipe(folders=["agent"], entry="agent/__main__.py", group="agent")
