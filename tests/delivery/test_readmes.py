"""The commands of the READMEs: what they read from the programs, and what a person needs to run them."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.components.recorded import PROJECT, Recording
from tests.delivery import test_bootstrap

pytestmark = pytest.mark.filterwarnings("ignore:.* has been deprecated in favor of:DeprecationWarning")

BOOTSTRAP = PROJECT / "bootstrap" / "README.md"
PAGES = [PROJECT / "README.md", BOOTSTRAP, *sorted((PROJECT / "docs").glob("*.md"))]
TOOLS = {"aws": "AWS CLI", "gh": "GitHub CLI", "jq": "jq", "pulumi": "Pulumi CLI"}


def blocks(page: Path) -> list[str]:
    return re.findall(r"^ *```bash\n(.*?)^ *```", page.read_text(), flags=re.DOTALL | re.MULTILINE)


def outputs_read(page: Path) -> Iterator[str]:
    """The name of each output that a command asks Pulumi for; empty where it asks for all of them."""
    for options in re.findall(r"pulumi\b[^|`\n]*? stack output\b([^|`)\n]*)", page.read_text()):
        names = [word for word in re.sub(r"--stack[ =]\S+", "", options).split() if not word.startswith("-")]
        yield names[0] if names else ""


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(PROJECT)))
def test_each_output_that_a_command_reads_is_one_that_its_program_exports(page: Path, dev: Recording) -> None:
    exported = test_bootstrap.run().outputs if page == BOOTSTRAP else dev.outputs

    assert [name for name in outputs_read(page) if name not in exported] == []


def test_the_bootstrap_s_commands_read_outputs() -> None:
    assert list(outputs_read(BOOTSTRAP)) == [
        *("backend_url", "secrets_providers", "github_variables", "secrets_providers")
    ]


def test_the_bootstrap_names_the_tools_that_its_commands_need() -> None:
    commands = "\n".join(blocks(BOOTSTRAP))
    used = {tool for tool in TOOLS if re.search(rf"(^|[|(]) *{tool} ", commands, flags=re.MULTILINE)}
    (needed,) = re.findall(r"^You need .*?\n\n", BOOTSTRAP.read_text(), flags=re.DOTALL | re.MULTILINE)

    assert used == set(TOOLS)
    assert [tool for tool in used if TOOLS[tool] not in needed] == []


def test_the_shell_understands_the_bootstrap_s_commands() -> None:
    bash = shutil.which("bash")
    assert bash is not None

    for block in blocks(BOOTSTRAP):
        done = subprocess.run([bash, "-n"], input=block, capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"{block}\n{done.stderr}"
