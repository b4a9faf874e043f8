"""Read a stack's configuration from the project's files, as Pulumi does."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml  # type: ignore[import-untyped]

from local.errors import ConfigurationError


def project_name(program: Path) -> str:
    """Return the name of the project in a program's directory.

    Raises:
        ConfigurationError: The directory has no Pulumi.yaml.
    """
    return str(_read(program / "Pulumi.yaml")["name"])


def configuration(program: Path, stack_name: str, overrides: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return a stack's configuration as Pulumi passes it to a program, by full name (`project:key`).

    The stack's values replace the project's defaults. The overrides replace both.

    Raises:
        ConfigurationError: There is no such stack, or a value is encrypted and only the Pulumi CLI can read it.
    """
    project = _read(program / "Pulumi.yaml")
    stack_file = program / f"Pulumi.{stack_name}.yaml"
    if not stack_file.exists():
        known = sorted(path.name.split(".")[1] for path in program.glob("Pulumi.*.yaml"))
        raise ConfigurationError(
            f"There is no stack {stack_name!r}: choose one of {', '.join(known)}, or write {stack_file.name}"
        )
    defaults = {
        key: declared["default"] if isinstance(declared, dict) else declared
        for key, declared in (project.get("config") or {}).items()
        if not isinstance(declared, dict) or "default" in declared
    }
    stack_values = _read(stack_file).get("config") or {}
    values = {_full_name(project["name"], key): value for key, value in (defaults | stack_values).items()}
    values |= overrides or {}
    for key, value in values.items():
        if isinstance(value, dict) and "secure" in value:
            raise ConfigurationError(
                f"{key} of stack {stack_name!r} is encrypted: override it with a value to run locally"
            )
    return {key: value if isinstance(value, str) else json.dumps(value) for key, value in values.items()}


def _full_name(project: str, key: str) -> str:
    return key if ":" in key else f"{project}:{key}"


def _read(path: Path) -> dict[str, Any]:
    try:
        return yaml.safe_load(path.read_text()) or {}
    except FileNotFoundError:
        raise ConfigurationError(f"{path} is missing: give the directory of the Pulumi program") from None
