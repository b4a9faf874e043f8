"""GitHub's workflows and actions of this repository, as data."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from tests.components.recorded import PROJECT

GITHUB = PROJECT / ".github"
WORKFLOWS = sorted((GITHUB / "workflows").glob("*.yml"))
ACTIONS = sorted((GITHUB / "actions").glob("*/action.yml"))


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
        """The entries of the job's matrix; empty without a matrix."""
        return list(self.spec.get("strategy", {}).get("matrix", {}).get("include", []))

    def uses(self, action: str) -> list[dict[str, Any]]:
        """Return the steps that use any version of an action."""
        return [step for step in self.steps if step.get("uses", "").split("@")[0] == action]


def load(path: Path) -> dict[str, Any]:
    """Load a workflow or an action. YAML reads the key `on` as True, which is corrected here."""
    found = yaml.safe_load(path.read_text())
    return {"on" if key is True else key: value for key, value in found.items()}


def jobs() -> Iterator[Job]:
    for path in WORKFLOWS:
        for name, spec in load(path)["jobs"].items():
            yield Job(workflow=path.stem, name=name, spec=spec)


def job(workflow: str, name: str) -> Job:
    (found,) = (job for job in jobs() if (job.workflow, job.name) == (workflow, name))
    return found


def variables(part: object) -> set[str]:
    """Return the repository's variables that a job, or a part of one, uses."""
    return set(re.findall(r"\bvars\.(\w+)", json.dumps(part)))
