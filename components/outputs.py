"""The outputs of a stack with one agent or with several."""

from typing import Any

import pulumi

from components.fire_and_forget_agent import FireAndForgetAgent


def export_outputs(first: FireAndForgetAgent, *others: FireAndForgetAgent) -> None:
    """Export the outputs of the stack's agents.

    The outputs of the first agent keep their own names, because other programs read them. The output `agents` has the
    outputs of each agent by the agent's name, so it has the same form for one agent and for several.
    """
    for name, value in first.outputs().items():
        pulumi.export(name, value)
    agents: dict[str, Any] = {agent.pulumi_resource_name: agent.outputs() for agent in (first, *others)}
    pulumi.export("agents", agents)
