"""The inputs of the component in the package: a program in another language cannot build bundles itself."""

# Annotations are evaluated here, because the schema of the package is derived from them.
import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from components.bundles.sources import AgentSources
from components.permissions import Grant
from components.settings.model import Settings


@dataclass(frozen=True, kw_only=True)
class FireAndForgetAgentInputs:
    """The component's arguments, with the agent's sources in place of its bundles.

    Attributes:
        sources: The agent's code.
        settings: The agent's model, budgets and schedules, and the retention and protection of its data.
        grants: The agent's permissions in AWS. Each agent can also use its journal, reports and conversations, invoke
            its model and write its telemetry.
        environment: Environment variables of the agent's own, in addition to those of the harness.
        qualifier: Part of the physical names of this agent's resources, to distinguish them from those of other agents
            in the stack. The first agent needs none.
    """

    sources: AgentSources
    settings: Settings
    grants: Sequence[Grant] = ()
    environment: Mapping[str, str] = dataclasses.field(default_factory=dict)
    qualifier: str = ""
