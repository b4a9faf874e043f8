"""The bundles of one agent: its own and that of the Lambda functions."""

# Annotations are evaluated here, because the schema of the component package is derived from them.
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from components import PROJECT
from components.bundles import build as bundle
from components.bundles.recipes import FUNCTIONS, agent_recipe


@dataclass(frozen=True, kw_only=True)
class AgentSources:
    """Where an agent's code comes from.

    Attributes:
        folders: Folders of the project that the agent's bundle contains.
        entry: The file of the project that AgentCore starts; it serves the agent on port 8080.
        dependency_group: Dependency group of the project's pyproject.toml whose packages the bundle contains, in the
            versions of uv.lock. It must include aws-opentelemetry-distro, which starts the agent.
        project: The folder of pyproject.toml and uv.lock, absolute or relative to the working directory. The default is
            the project of this component.
    """

    folders: Sequence[str]
    entry: str
    dependency_group: str = "agent"
    project: str | None = None


def build_bundles(
    sources: AgentSources, *, is_preview: bool, progress: Callable[[str], None]
) -> Sequence[bundle.Bundle]:
    """Return the bundles of an agent and of the functions; both are built if the cache does not have them.

    Args:
        sources: The agent's code.
        is_preview: Whether nothing is deployed. A preview needs no bytecode, and a bundle's key is the same without it.
        progress: Receives a message before each slow step.

    Raises:
        BundleError: A bundle cannot be built.
    """
    recipe = agent_recipe(folders=sources.folders, entry=sources.entry, group=sources.dependency_group)
    project = Path(sources.project).resolve() if sources.project else PROJECT
    with_bytecode = not is_preview and os.environ.get(bundle.BYTECODE_VARIABLE) != bundle.OMIT_BYTECODE
    return [
        bundle.build(FUNCTIONS, progress=progress, with_bytecode=with_bytecode),
        bundle.build(recipe, progress=progress, with_bytecode=with_bytecode, project=project),
    ]
