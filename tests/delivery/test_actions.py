"""Checks the pinned actions of other repositories against saved parts of their `action.yml`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.delivery.workflows import ACTIONS, WORKFLOWS, load

KEPT = Path(__file__).parent / "actions"
# Node 20 left GitHub's runners on 16 September 2026.
RUNTIMES = {"node24", "composite"}
PIN = re.compile(r"uses: (?P<action>[^$@\s]+)@(?P<commit>\S+)(?: # v(?P<version>\S+))?")


@dataclass(frozen=True, kw_only=True)
class Use:
    """One step that uses an action of another repository."""

    action: str
    commit: str
    version: str
    inputs: dict[str, Any]


def uses(text: str, document: dict[str, Any]) -> Iterator[Use]:
    """Yield the steps that use an action of another repository. The version is in the comment beside the pin."""
    pins = {(pin["action"], pin["commit"]): pin["version"] or "" for pin in PIN.finditer(text)}
    parts = [*document.get("jobs", {}).values(), document.get("runs", {})]
    for step in (step for part in parts for step in part.get("steps", [])):
        action, _, commit = step.get("uses", "").partition("@")
        if commit:
            version = pins[action, commit]
            yield Use(action=action, commit=commit, version=version, inputs=step.get("with", {}))


def problems(use: Use, kept: Path = KEPT) -> list[str]:
    """Return the problems of a step, each with its remedy."""
    file = kept / f"{use.action.replace('/', '-')}@{use.version}.yml"
    if not file.exists():
        return [f"{use.action} {use.version}: write {file.name} from the action.yml of that version"]
    metadata = yaml.safe_load(file.read_text())
    inputs, found = metadata["inputs"], []
    if metadata["commit"] != use.commit:
        found.append(f"{use.action}: {use.commit} is not {use.version}, which is {metadata['commit']}")
    if metadata["runtime"] not in RUNTIMES:
        found.append(f"{use.action} {use.version} is made for {metadata['runtime']}: take a version for node24")
    found += [f"{use.action} {use.version} has no input {name}" for name in sorted(use.inputs.keys() - inputs.keys())]
    required = {name for name, spec in inputs.items() if spec.get("required")}
    found += [f"{use.action} {use.version} needs the input {name}" for name in sorted(required - use.inputs.keys())]
    return found


@pytest.mark.parametrize("path", [*WORKFLOWS, *ACTIONS], ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_actions_run_on_a_supported_runtime_and_get_inputs_that_they_have(path: Path) -> None:
    assert [problem for use in uses(path.read_text(), load(path)) for problem in problems(use)] == []


def test_each_saved_action_yml_belongs_to_a_pin() -> None:
    used = {(use.action, use.version) for path in [*WORKFLOWS, *ACTIONS] for use in uses(path.read_text(), load(path))}
    kept = [yaml.safe_load(path.read_text()) for path in KEPT.iterdir()]

    assert {(metadata["action"], metadata["version"]) for metadata in kept} == used


@pytest.mark.parametrize(
    ("line", "runtime", "expected"),
    [
        ("some/action@aaa # v1.0.0", "node24", []),
        ("some/action@aaa # v1.0.0", "node20", ["some/action 1.0.0 is made for node20: take a version for node24"]),
        ("some/action@bbb # v1.0.0", "node24", ["some/action: bbb is not 1.0.0, which is aaa"]),
        (
            "some/action@ccc # v2.0.0",
            "node24",
            ["some/action 2.0.0: write some-action@2.0.0.yml from the action.yml of that version"],
        ),
    ],
)
def test_a_wrong_pin_is_refused(tmp_path: Path, line: str, runtime: str, expected: list[str]) -> None:
    metadata = {"commit": "aaa", "runtime": runtime, "inputs": {"place": {"required": True}}}
    (tmp_path / "some-action@1.0.0.yml").write_text(yaml.safe_dump(metadata))
    text = f"runs:\n  steps:\n    - uses: {line}\n      with:\n        place: here\n"

    (use,) = uses(text, yaml.safe_load(text))

    assert problems(use, tmp_path) == expected


def test_an_unknown_input_and_a_missing_one_are_refused() -> None:
    use = Use(
        action="aws-actions/configure-aws-credentials",
        commit="e6de054238d6b7531b4efff3b6587d9aade6a06c",
        version="6.2.3",
        inputs={"role": "arn:aws:iam::123456789012:role/preview"},
    )

    assert problems(use) == [
        "aws-actions/configure-aws-credentials 6.2.3 has no input role",
        "aws-actions/configure-aws-credentials 6.2.3 needs the input aws-region",
    ]
