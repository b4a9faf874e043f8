"""Saved states of released versions: `python -m tests.engine.states` saves those of this version.

A file contains the identity and the inputs of each resource. Values that depend on the machine or the day (paths,
times, encryption keys) are left out. Computed outputs are computed again when the state is loaded.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pulumi import automation
from pulumi.runtime import rpc

from tests.components.recorded import PROJECT, STACKS
from tests.engine import workspace
from tests.engine.cloud import Cloud
from tests.engine.workspace import EngineStack

FOLDER = Path(__file__).resolve().parent / "states"

_KEPT = ("urn", "type", "custom", "id", "parent", "provider", "protect", "dependencies", "inputs")
_REGION = "eu-west-1"


def released() -> list[tuple[str, str]]:
    """Return each version and stack that has a saved state."""
    return sorted((path.parent.name, path.stem) for path in FOLDER.glob("*/*.json"))


def keep(stack: EngineStack) -> str:
    """Return the state of a stack in its committed form: one resource per line."""
    resources = (
        {name: _without_paths(resource[name]) for name in _KEPT if name in resource}
        for resource in stack.exported()["resources"]
    )
    return "[\n" + ",\n".join(json.dumps(resource, sort_keys=True) for resource in resources) + "\n]\n"


def load(version: str, stack: EngineStack) -> None:
    """Load the saved state of a released version into a stack and its account."""
    kept = json.loads((FOLDER / version / f"{stack.name}.json").read_text())
    deployment = stack.stack.export_stack()
    deployment.deployment["resources"] = list(_restored(kept, stack.cloud))
    stack.stack.import_stack(automation.Deployment(version=deployment.version, deployment=deployment.deployment))


def _restored(kept: list[dict[str, Any]], cloud: Cloud) -> Iterator[dict[str, Any]]:
    for resource in kept:
        inputs = resource.get("inputs", {})
        outputs = inputs
        if resource["custom"] and not resource["type"].startswith("pulumi:providers:"):
            outputs = cloud.adopt(resource["type"], resource["id"], inputs, _REGION)
        yield {**resource, "inputs": inputs, "outputs": outputs}


def _without_paths(value: Any) -> Any:
    if isinstance(value, dict):
        if value.get(rpc._special_sig_key) == rpc._special_asset_sig:
            return {**value, "path": "bundle.zip"}
        return {key: _without_paths(item) for key, item in value.items()}
    return [_without_paths(item) for item in value] if isinstance(value, list) else value


def main() -> None:
    """Write the states of the version that pyproject.toml has."""
    version = tomllib.loads((PROJECT / "pyproject.toml").read_text())["project"]["version"]
    for name in STACKS:
        with workspace.stack(name) as stack:
            up = stack.up()
            assert not up.error, up.output
            text = keep(stack)
        (FOLDER / version).mkdir(parents=True, exist_ok=True)
        (FOLDER / version / f"{name}.json").write_text(text)


if __name__ == "__main__":
    main()
