"""What the README draws: the parts of the stack, and the tree of the project."""

from __future__ import annotations

import re

from agent import event_types
from tests.components.recorded import PROJECT, Recording
from tests.delivery.pages import block

# Each has lines of its parts, or belongs to the line of another folder.
UNDRAWN = {"agent", "agent/analyst/prompts", "components", "components/bundles", "components/testing"}


def test_the_diagram_names_what_the_stack_has(dev: Recording) -> None:
    diagram = block("README.md", "EventBridge Scheduler ──┐")

    assert set(re.findall(r'"(Agent [A-Za-z ]+)"', diagram)) == {event_types.RUN_REQUESTED, event_types.RUN_ENDED}
    drawn = {
        "EventBridge Scheduler": "Schedule",
        "event bus": "EventBus",
        "rule": "EventRule",
        "Step Functions": "StateMachine",
        "Lambda": "Function",
        "AgentCore": "AgentcoreAgentRuntime",
        "DynamoDB": "Table",
        "S3": "Bucket",
    }
    assert [name for name in drawn if name not in diagram] == []
    assert [name for name, type_name in drawn.items() if not dev.of(type_name)] == []


def test_the_layout_has_every_folder() -> None:
    trees = block("README.md", "components/events/") + block("README.md", "__main__.py, Pulumi*.yaml")
    names = [name for line in trees.splitlines() for name in re.split("  +", line)[0].split(", ")]
    named = {name.rstrip("/") for name in names}
    folders = {path.parent for folder in ("*", "agent/*", "components/*") for path in PROJECT.glob(f"{folder}/*.py")}
    drawn = {str(folder.relative_to(PROJECT)) for folder in folders}

    assert [name for name in sorted(named) if not list(PROJECT.glob(name))] == []
    assert sorted(drawn - named - UNDRAWN) == []
