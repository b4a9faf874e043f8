"""The commands in the READMEs: the outputs that they read, and the tools that they need."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.components.recorded import PROJECT, Recording
from tests.delivery import test_bootstrap
from tests.delivery.pages import blocks

pytestmark = pytest.mark.filterwarnings("ignore:.* has been deprecated in favor of:DeprecationWarning")

BOOTSTRAP = PROJECT / "bootstrap" / "README.md"
PAGES = [PROJECT / "README.md", BOOTSTRAP, *sorted((PROJECT / "docs").glob("*.md"))]
TOOLS = {"aws": "AWS CLI", "gh": "GitHub CLI", "jq": "jq", "pulumi": "Pulumi CLI"}


def outputs_read(page: Path) -> Iterator[str]:
    """Return the name of each output that a command reads; an empty name stands for all outputs."""
    for options in re.findall(r"pulumi\b[^|`\n]*? stack output\b([^|`)\n]*)", page.read_text()):
        names = [word for word in re.sub(r"--stack[ =]\S+", "", options).split() if not word.startswith("-")]
        yield names[0] if names else ""


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(PROJECT)))
def test_commands_read_only_outputs_that_their_program_exports(page: Path, dev: Recording) -> None:
    exported = test_bootstrap.run().outputs if page == BOOTSTRAP else dev.outputs

    assert [name for name in outputs_read(page) if name not in exported] == []


def test_the_bootstrap_s_commands_read_outputs() -> None:
    assert list(outputs_read(BOOTSTRAP)) == [
        *("backend_url", "secrets_providers", "permissions_boundaries", "github_variables")
    ]


def test_the_bootstrap_names_the_tools_that_its_commands_need() -> None:
    commands = "\n".join(blocks("bootstrap/README.md"))
    used = {tool for tool in TOOLS if re.search(rf"(^|[|(]) *{tool} ", commands, flags=re.MULTILINE)}
    (needed,) = re.findall(r"^You need .*?\n\n", BOOTSTRAP.read_text(), flags=re.DOTALL | re.MULTILINE)

    assert used == set(TOOLS)
    assert [tool for tool in used if TOOLS[tool] not in needed] == []


def test_the_shell_understands_the_bootstrap_s_commands() -> None:
    bash = shutil.which("bash")
    assert bash is not None

    for text in blocks("bootstrap/README.md"):
        done = subprocess.run([bash, "-n"], input=text, capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"{text}\n{done.stderr}"
