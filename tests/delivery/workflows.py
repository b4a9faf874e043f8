"""GitHub's workflows and actions of this repository, as data."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from tests.components.recorded import PROJECT

GITHUB = PROJECT / ".github"
WORKFLOWS = sorted((GITHUB / "workflows").glob("*.yml"))
ACTIONS = sorted((GITHUB / "actions").glob("*/action.yml"))

# One run of the job for each stack, from the job that lists them.
STACK_MATRIX = "${{ fromJSON(needs.stacks.outputs.matrix) }}"


@dataclass(frozen=True, kw_only=True)
class Job:
    """One job of a workflow."""

    workflow: str
    name: str
    spec: Mapping[str, Any]

    @property
    def steps(self) -> list[dict[str, Any]]:
        return list(self.spec.get("steps", []))

    @property
    def runs(self) -> list[dict[str, Any]]:
        """What its matrix makes of the job; empty without one."""
        matrix = self.spec.get("strategy", {}).get("matrix", {})
        if matrix == STACK_MATRIX:
            listed = subprocess.run([GITHUB / "scripts/list-stacks"], cwd=PROJECT, capture_output=True, check=True)
            matrix = json.loads(listed.stdout)
        return list(matrix.get("include", []))

    def uses(self, action: str) -> list[dict[str, Any]]:
        """Return the steps that use any version of an action."""
        return [step for step in self.steps if step.get("uses", "").split("@")[0] == action]


def load(path: Path) -> dict[str, Any]:
    """Load a workflow or an action. YAML reads the key `on` as True, which is corrected here."""
    found = yaml.load(path.read_bytes(), Loader=yaml.CSafeLoader)  # nine times as fast as safe_load
    return {"on" if key is True else key: value for key, value in found.items()}


def jobs() -> Iterator[Job]:
    for path in WORKFLOWS:
        for name, spec in load(path)["jobs"].items():
            yield Job(workflow=path.stem, name=name, spec=spec)


def job(workflow: str, name: str) -> Job:
    (found,) = (job for job in jobs() if (job.workflow, job.name) == (workflow, name))
    return found


def variables(one: Job) -> set[tuple[str | None, str]]:
    """The repository's variables that a job asks for, each with the stack for which it does."""
    text = json.dumps(one.spec)
    stack = next((step["with"]["stack"] for step in one.uses("$/.github/actions/pulumi")), None)
    keys = re.findall(r"\bvars\[matrix\.(\w+)\]", text)
    return {(stack, name) for name in re.findall(r"\bvars\.(\w+)", text)} | {
        (run["stack"], run[key]) for run in one.runs for key in keys
    }
