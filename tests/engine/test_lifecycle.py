"""Each stack, and two agents in one: previewed, deployed, refreshed and taken down by the real engine."""

from __future__ import annotations

from collections.abc import Iterator

import pulumi
import pytest

from components.bundles.sources import AgentSources, build_bundles
from components.fire_and_forget_agent import FireAndForgetAgent, FireAndForgetAgentArgs
from components.settings.stack_file import read_settings
from tests.components import recorded
from tests.engine import workspace
from tests.engine.workspace import EngineStack


def two_agents() -> None:
    """Declare two agents in one program."""
    for name, qualifier in (("analyst", ""), ("sizer", "sizer")):
        FireAndForgetAgent(
            name,
            FireAndForgetAgentArgs(
                bundles=build_bundles(
                    AgentSources(folders=["agent"], entry="agent/__main__.py"),
                    is_preview=True,
                    progress=pulumi.log.info,
                ),
                settings=read_settings(),
                qualifier=qualifier,
            ),
        )


@pytest.fixture(
    scope="module",
    params=[*((name, None) for name in recorded.STACKS), ("dev", two_agents)],
    ids=[*recorded.STACKS, "two agents"],
)
def stack(request: pytest.FixtureRequest) -> Iterator[EngineStack]:
    with workspace.stack(*request.param) as prepared:
        yield prepared


class TestAStack:
    """The life of one stack. Each test continues where the previous test ended."""

    def test_is_previewed_without_touching_the_account(self, stack: EngineStack) -> None:
        preview = stack.preview()

        assert not preview.error, preview.output
        assert set(preview.steps.values()) == {"create"}
        assert stack.cloud.calls == []
        assert stack.cloud.resources == {}

    def test_is_deployed(self, stack: EngineStack) -> None:
        up = stack.up()

        assert not up.error, up.output
        assert len(stack.cloud.resources) == len(stack.cloud.calls) > 80

    def test_has_nothing_to_change_in_a_second_preview(self, stack: EngineStack) -> None:
        preview = stack.preview()

        assert (preview.error, preview.steps) == (False, {}), preview.output

    def test_is_refreshed_without_a_difference(self, stack: EngineStack) -> None:
        refresh = stack.refresh()

        assert not refresh.error, refresh.output
        assert set(refresh.steps.values()) == {"refresh"}
        assert stack.preview().steps == {}

    def test_is_destroyed_as_documented_and_leaves_nothing(self, stack: EngineStack) -> None:
        stack.cloud.filled_buckets |= {id_ for id_, _ in stack.cloud.of("Bucket") if "reports" in id_}
        with stack.settings(protect=False):
            unprotected = stack.up()
            destroyed = stack.destroy()

        assert (unprotected.error, destroyed.error) == (False, False), unprotected.output + destroyed.output
        assert stack.cloud.resources == {}


def test_the_engine_registers_what_the_recorded_program_registers(deployed_dev: EngineStack) -> None:
    recording = recorded.run("dev")
    under_the_engine = {
        (resource["type"], resource["urn"].rpartition("::")[-1])
        for resource in deployed_dev.exported()["resources"]
        if resource["custom"] and not resource["type"].startswith("pulumi:providers:")
    }

    assert under_the_engine == {(r.type, r.name) for r in recording.resources if r.custom}


def test_destroy_of_a_protected_stack_fails_and_keeps_everything_that_holds_data() -> None:
    with workspace.stack("prod") as stack:
        assert not stack.up().error
        buckets = {id_ for id_, _ in stack.cloud.of("Bucket")}
        destroyed = stack.destroy()

        assert destroyed.error
        assert "cannot be deleted\n    because it is protected" in destroyed.output
        assert {id_ for id_, _ in stack.cloud.of("Bucket")} == buckets
        assert len(stack.cloud.of("Table")) == len(stack.cloud.of("Key")) == 1
