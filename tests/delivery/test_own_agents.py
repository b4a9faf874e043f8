"""The agents of the guides, deployed in the emulated account from a copy of the project that follows the guide."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.components.recorded import PROJECT
from tests.delivery.copies import copy_project, run
from tests.delivery.pages import block, commands, files_shown

pytestmark = [pytest.mark.local, pytest.mark.timeout(300)]

README = PROJECT / "README.md"
EXAMPLE = "examples/minimal_agent.py"


@pytest.fixture(scope="module")
def with_two_agents(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a copy of the project with the files of the guide."""
    copy = copy_project(tmp_path_factory.mktemp("two"))
    for name, code in files_shown("docs/second-agent.md").items():
        (copy / name).parent.mkdir(exist_ok=True)
        (copy / name).write_text(code)
    return copy


def test_the_commands_of_the_guide_run_each_agent_and_write_the_snapshots(with_two_agents: Path) -> None:
    first, second, snapshots = commands(block("docs/second-agent.md", "--agent sizer"))

    assert (first, second) == tuple(f".venv/bin/python -m local run --agent {name}" for name in ("analyst", "sizer")), (
        "the tests below run these"
    )
    assert snapshots == "make snapshots"
    subprocess.run([sys.executable, "-m", "tests.delivery.graph"], cwd=with_two_agents, check=True)
    written = (with_two_agents / "snapshots" / "dev.txt").read_text()
    assert "agent-runs-dev-sizer-journal" in written


def test_the_second_agent_of_the_guide_completes_a_run(with_two_agents: Path) -> None:
    printed = run(with_two_agents, "--agent", "sizer")

    assert (printed["status"], printed["summary"]) == ("COMPLETED", "No container was read.")
    assert list(printed["report"]) == ["markdown"]
    assert "Prompt: Find containers that are larger" in Path(printed["report"]["markdown"]).read_text()


def test_the_first_agent_completes_a_run_beside_the_second_one(with_two_agents: Path) -> None:
    printed = run(with_two_agents, "--agent", "analyst")

    assert printed["status"] == "COMPLETED"
    assert set(printed["report"]) == {"html", "markdown", "table", "findings"}


def test_the_minimal_agent_completes_a_run_in_place_of_the_analyst(tmp_path: Path) -> None:
    copy = copy_project(tmp_path)
    sources = 'AgentSources(folders=["agent"], entry="agent/__main__.py")'
    own = f'AgentSources(folders=["agent", "examples"], entry="{EXAMPLE}")'
    program = (copy / "__main__.py").read_text()
    assert sources in program
    assert f"`{own}`" in " ".join(README.read_text().split())
    (copy / "__main__.py").write_text(program.replace(sources, own))

    printed = run(copy, "--prompt", "Who are you?")

    assert printed["status"] == "COMPLETED"
    assert printed["summary"].startswith("This is the answer of a scripted model")
    assert Path(printed["report"]["markdown"]).read_text().strip() == printed["summary"].strip()


def test_the_readme_shows_the_minimal_agent_whole() -> None:
    assert files_shown("README.md") == {EXAMPLE: (PROJECT / EXAMPLE).read_text()}
