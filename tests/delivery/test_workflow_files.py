"""The workflows' files, checked without GitHub: schemas, linters, and the names in expressions."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.components.recorded import PROJECT
from tests.delivery.workflows import ACTIONS, GITHUB, WORKFLOWS, Job, jobs, load


def run_tool(*command: str) -> str:
    """Run a tool of the environment, and return its findings."""
    binary = str(Path(sys.executable).with_name(command[0]))
    done = subprocess.run([binary, *command[1:]], cwd=PROJECT, capture_output=True, text=True, check=False)
    return "" if done.returncode == 0 else done.stdout + done.stderr


@pytest.mark.parametrize(
    ("schema", "files"),
    [
        ("vendor.github-workflows", WORKFLOWS),
        ("custom.github-workflows-require-timeout", [path for path in WORKFLOWS if path.stem != "deploy"]),
        ("vendor.github-actions", ACTIONS),
        ("vendor.dependabot", [GITHUB / "dependabot.yml"]),
    ],
)
def test_files_match_the_schemas_of_github(schema: str, files: list[Path]) -> None:
    assert run_tool("check-jsonschema", "--builtin-schema", schema, *map(str, files)) == ""


# Without the checks that need programs which only some machines have.
ACTIONLINT = ("actionlint", "-shellcheck=", "-pyflakes=", "-oneline", "-no-color")


def test_actionlint_finds_nothing() -> None:
    assert run_tool(*ACTIONLINT, *map(str, WORKFLOWS)) == ""


def test_actionlint_finds_unknown_names_in_expressions(tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.yml"
    text = (GITHUB / "workflows/drift.yml").read_text()
    wrong.write_text(text.replace("steps.list", "steps.lost").replace("needs: drift", "needs: drfit"))

    found = run_tool(*ACTIONLINT, str(wrong))

    assert 'property "lost" is not defined' in found
    assert 'needs job "drfit" which does not exist' in found


def test_zizmor_finds_nothing() -> None:
    assert run_tool("zizmor", "--offline", "--no-progress", "--persona", "auditor", ".github") == ""


def test_every_action_is_pinned_to_one_commit_with_its_version_in_a_comment() -> None:
    lines = [line for path in [*WORKFLOWS, *ACTIONS] for line in path.read_text().splitlines() if "uses:" in line]
    pins: dict[str, set[str]] = {}
    for line in lines:
        name, _, pin = line.split("uses:")[1].strip().partition("@")
        if not name.startswith("$/"):
            assert re.fullmatch(r"[0-9a-f]{40} # v\d+\.\d+\.\d+", pin), line
            pins.setdefault(name, set()).add(pin)

    assert set(pins) == {
        *("actions/checkout", "actions/setup-go", "aws-actions/configure-aws-credentials", "pulumi/actions"),
    }
    assert {name: found for name, found in pins.items() if len(found) > 1} == {}


EXPRESSION = re.compile(r"\b(needs|steps|inputs|matrix)\.([\w-]+)(?:\.outputs\.([\w-]+))?")


def dangling(text: str, known: dict[str, set[str]]) -> list[str]:
    """Return the names in expressions that nothing defines."""
    return [found[0] for found in EXPRESSION.finditer(text) if found[2] not in known.get(found[1], set())]


def expressions(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for key, item in value.items():
            # GitHub evaluates a condition with or without its brackets.
            yield from [str(item)] if key == "if" else expressions(item)
    elif isinstance(value, list):
        for item in value:
            yield from expressions(item)
    elif isinstance(value, str):
        yield from re.findall(r"\$\{\{(.*?)\}\}", value)


@pytest.mark.parametrize("one", list(jobs()), ids=lambda one: f"{one.workflow}-{one.name}")
def test_expressions_of_a_job_use_only_defined_names(one: Job) -> None:
    known = {
        "needs": {one.spec["needs"]} if "needs" in one.spec else set(),
        "steps": {step["id"] for step in one.steps if "id" in step},
        "matrix": {key for run in one.runs for key in run},
    }

    assert dangling(" ".join(expressions(dict(one.spec))), known) == []
    assert known["needs"] <= {other.name for other in jobs() if other.workflow == one.workflow}


@pytest.mark.parametrize("path", ACTIONS, ids=lambda path: path.parent.name)
def test_an_action_uses_all_its_inputs_and_gets_the_required_ones(path: Path) -> None:
    action = load(path)
    steps = {step["id"] for step in action["runs"]["steps"] if "id" in step}
    used = " ".join(expressions(action["runs"]))

    assert dangling(used, {"inputs": set(action["inputs"]), "steps": steps}) == []
    assert {name for name in action["inputs"] if f"inputs.{name}" not in used} == set()
    required = {name for name, spec in action["inputs"].items() if spec.get("required")}
    for step in (step for one in jobs() for step in one.uses(f"$/{path.parent.relative_to(PROJECT)}")):
        assert required <= set(step["with"]) <= set(action["inputs"])
