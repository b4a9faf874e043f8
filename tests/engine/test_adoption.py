"""A log group that AgentCore has created first becomes part of the stack."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.engine import workspace
from tests.engine.workspace import EngineStack

LOG_GROUP = "LogGroup analyst-agent"


@pytest.fixture
def dev() -> Iterator[EngineStack]:
    with workspace.stack("dev") as stack:
        yield stack


def agent_log(stack: EngineStack) -> dict[str, Any]:
    """Return the state of the agent's log group."""
    (group,) = (
        resource
        for resource in stack.exported()["resources"]
        if resource["type"] == "aws:cloudwatch/logGroup:LogGroup" and resource["urn"].endswith("::analyst-agent")
    )
    return dict(group)


def test_the_first_up_adopts_a_group_that_is_created_with_the_runtime(dev: EngineStack) -> None:
    dev.cloud.agentcore_logs = True
    preview, up = dev.preview(), dev.up()

    assert (preview.error, preview.steps[LOG_GROUP]) == (False, "create"), "it has no name before the runtime exists"
    assert not up.error, up.output
    log = agent_log(dev)
    assert log["importID"] == log["id"]
    stored = dict(dev.cloud.of("LogGroup"))[log["id"]].inputs
    assert (stored["retentionInDays"], "owner" in stored["tags"]) == (7, True), "both are those of the program"
    assert (dev.preview().steps, dev.refresh().error, dev.preview().steps) == ({}, False, {})
    assert not dev.destroy().error
    assert dev.cloud.resources == {}


def test_a_preview_shows_that_the_group_of_an_existing_runtime_is_adopted(dev: EngineStack) -> None:
    dev.cloud.faults.refuse.add(LOG_GROUP)
    assert dev.up().error
    dev.cloud.faults.refuse.clear()
    ((runtime_id, _),) = dev.cloud.of("AgentcoreAgentRuntime")
    name = f"/aws/bedrock-agentcore/runtimes/{runtime_id}-DEFAULT"
    dev.cloud.adopt("aws:cloudwatch/logGroup:LogGroup", name, {"name": name}, "eu-west-1")
    preview, up = dev.preview(), dev.up()

    assert not up.error, up.output
    assert preview.steps == up.steps
    assert preview.steps[LOG_GROUP] == "update", "the engine imports the group, then changes its retention and tags"
    assert agent_log(dev)["importID"] == name
    assert dev.preview().steps == {}


def test_the_stack_s_own_group_is_not_imported(deployed_dev: EngineStack) -> None:
    assert "importID" not in agent_log(deployed_dev)
    assert deployed_dev.preview().steps == {}
