"""Two agents in one stack: the program in the guide, unchanged."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from components.bundles import build as bundle
from components.bundles.build import Bundle
from components.bundles.recipes import Recipe
from tests.components import recorded
from tests.components.recorded import PROJECT, Recording, Resource

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore:.* has been deprecated in favor of:DeprecationWarning"),
]

GUIDE = PROJECT / "docs/second-agent.md"


def shown(name: str) -> str:
    """Return the code of a file in the guide."""
    ((indent, code),) = re.findall(rf"^( *)```python {re.escape(name)}\n(.*?)^ *```$", GUIDE.read_text(), re.M | re.S)
    return "".join(line.removeprefix(indent) for line in code.splitlines(keepends=True))


@pytest.fixture(scope="module")
def built() -> list[Recipe]:
    """Collect the recipes of the bundles that the program builds."""
    return []


@pytest.fixture(scope="module", params=recorded.STACKS)
def both(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, built: list[Recipe]) -> Recording:
    def build(
        recipe: Recipe,
        *,
        progress: Callable[[str], None],  # noqa: ARG001
        with_bytecode: bool,  # noqa: ARG001
        project: Path = PROJECT,
    ) -> Bundle:
        built.append(recipe)
        digest = recipe.name.ljust(32, "0")
        return Bundle(name=recipe.name, path=project, digest=digest, zipped_bytes=1, unpacked_bytes=1, files=1)

    program = tmp_path_factory.mktemp("program")
    (program / "__main__.py").write_text(shown("__main__.py"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(bundle, "build", build)
        recording = recorded.run(request.param, program=program, agent=None)
    assert recording.error is None
    return recording


def of(agent: str, recording: Recording) -> list[Resource]:
    return [r for r in recording.resources if r.custom and r.name.split("-")[0] == agent]


def test_both_agents_have_the_same_resources(both: Recording) -> None:
    def kinds(agent: str) -> set[tuple[str, str]]:
        return {(r.type, r.part) for r in of(agent, both) if r.type.split(":")[-1] != "Schedule"}

    assert len(of("analyst", both)) + len(of("sizer", both)) == sum(r.custom for r in both.resources)
    assert kinds("analyst") == kinds("sizer")


def test_no_two_resources_share_a_name(both: Recording) -> None:
    own = {"Bucket": "bucket", "AgentcoreAgentRuntime": "agentRuntimeName", "Dashboard": "dashboardName"}
    names = [
        (r.type, r.inputs.get("groupName"), r[key])
        for r in both.resources
        for key in [own.get(r.type.split(":")[-1], "name")]
        if r.custom and key in r.inputs
    ]

    assert len({(r.type, r.parent, r.name) for r in both.resources}) == len(both.resources)
    assert len(names) > 100
    assert len(set(names)) == len(names)


def test_a_second_agent_does_not_change_the_names_of_the_first_one(both: Recording) -> None:
    alone = recorded.of_stack(both.stack, agent="analyst")
    agents = both.outputs["agents"]

    assert set(agents) == {"analyst", "sizer"}
    assert alone.outputs == {**both.outputs, "agents": {"analyst": agents["analyst"]}}


def test_no_role_of_one_agent_has_permissions_on_resources_of_the_other(both: Recording) -> None:
    for agent, other in (("analyst", "sizer"), ("sizer", "analyst")):
        others = {
            both.outputs["agents"][other][key] for key in ("journal_table_name", "event_bus_name", "state_machine_arn")
        }
        policies = [r["policy"] for r in of(agent, both) if r.type.endswith(":RolePolicy")]
        resources = {arn for p in policies for s in json.loads(p)["Statement"] for arn in s["Resource"]}

        assert len(policies) == 11
        assert [arn for arn in resources for name in others if arn.endswith((f"/{name}", f":{name}", name))] == []


def test_the_second_agent_has_its_own_folder_and_its_own_entry(both: Recording, built: list[Recipe]) -> None:
    analyst, sizer = [recipe for recipe in built if recipe.name == "agent"][-2:]

    assert (analyst.folders, analyst.copies) == (["agent"], {"main.py": "agent/__main__.py"})
    assert (sizer.folders, sizer.copies) == (["agent", "sizer"], {"main.py": "sizer/__main__.py"})
    assert "Find containers" in both.one("StateMachine", "workflow", agent="sizer")["definition"]


def test_each_agent_has_its_own_permissions_only(both: Recording) -> None:
    granted = {r.name: r["policy"] for r in both.of("RolePolicy")}

    assert "ecs:ListClusters" in granted["sizer-agent"]
    assert "ecs:ListClusters" not in granted["analyst-agent"]
    assert "lambda:ListFunctions" not in granted["sizer-agent"]


def test_the_agent_s_program_in_the_guide_compiles() -> None:
    compile(shown("sizer/__main__.py"), "sizer/__main__.py", "exec")
