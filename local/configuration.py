"""Read a stack's configuration from the project's files, as Pulumi does."""

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import yaml  # type: ignore[import-untyped]

from components.settings.model import Settings
from components.settings.problems import SettingsError
from components.settings.stack_file import check_settings
from local.errors import ConfigurationError

_STACK_NAME = re.compile(r"[A-Za-z0-9_.-]{1,100}")


def project_name(program: Path) -> str:
    """Return the name of the project in a program's directory.

    Raises:
        ConfigurationError: The directory has no Pulumi.yaml, or the file is wrong.
    """
    return _name(_read(program / "Pulumi.yaml"))


def configuration(program: Path, stack_name: str, overrides: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return a stack's configuration as Pulumi passes it to a program, by full name (`project:key`).

    The stack's values replace the project's defaults. The overrides replace both.

    Raises:
        ConfigurationError: There is no such stack, a file is wrong, or a value is encrypted and only the Pulumi CLI can
            read it.
    """
    project = _read(program / "Pulumi.yaml")
    name = _name(project)
    stack_file = program / f"Pulumi.{stack_name}.yaml"
    known = ", ".join(stack_names(program))
    if not _STACK_NAME.fullmatch(stack_name):
        raise ConfigurationError(
            f"{stack_name!r} is not a stack's name (letters, digits, '_', '.' and '-'): choose one of {known}"
        )
    if not stack_file.exists():
        raise ConfigurationError(f"There is no stack {stack_name!r}: choose one of {known}, or write {stack_file.name}")
    defaults = {
        key: declared["default"] if isinstance(declared, dict) else declared
        for key, declared in _section(project, program / "Pulumi.yaml").items()
        if not isinstance(declared, dict) or "default" in declared
    }
    stack_values = _section(_read(stack_file), stack_file)
    values = {_full_name(name, key): value for key, value in (defaults | stack_values).items()}
    values |= overrides or {}
    for key, value in values.items():
        if isinstance(value, dict) and "secure" in value:
            raise ConfigurationError(
                f"{key} of stack {stack_name!r} is encrypted: override it with a value to run locally"
            )
    return {key: value if isinstance(value, str) else json.dumps(value, default=str) for key, value in values.items()}


def checked_settings(program: Path, stack_name: str) -> Settings:
    """Return a stack's settings, checked as the program checks them.

    Raises:
        ConfigurationError: The files or the settings are wrong. The message lists all problems of the settings.
    """
    project, values = project_name(program), configuration(program, stack_name)
    try:
        return check_settings(values, project=project, now=datetime.now(UTC))
    except SettingsError as error:
        raise ConfigurationError(str(error)) from None


def stack_names(program: Path) -> list[str]:
    """Return the names of the stacks that have a file in a program's directory."""
    return sorted(path.name.removeprefix("Pulumi.").removesuffix(".yaml") for path in program.glob("Pulumi.*.yaml"))


def _full_name(project: str, key: str) -> str:
    return key if ":" in key else f"{project}:{key}"


def _name(project: Mapping[str, Any]) -> str:
    if not project.get("name"):
        raise ConfigurationError("Pulumi.yaml has no name: add 'name: <project>'")
    return str(project["name"])


def _section(document: Mapping[str, Any], path: Path) -> dict[str, Any]:
    """Return the section `config` of a file; empty when the file has none."""
    section = document.get("config") or {}
    if not isinstance(section, dict):
        raise ConfigurationError(f"'config' of {path.name} is not a mapping: write one 'key: value' in each line")
    return {str(key): value for key, value in section.items()}


def _read(path: Path) -> Mapping[str, Any]:
    try:
        document = yaml.load(path.read_bytes(), _Loader)  # noqa: S506 (a subclass of the safe loader)
    except FileNotFoundError:
        raise ConfigurationError(f"{path} is missing: give the directory of the Pulumi program") from None
    except OSError as error:
        raise ConfigurationError(f"{path} cannot be read ({error.strerror}): make it a readable file") from None
    except (yaml.YAMLError, ValueError) as error:  # ValueError: a date that does not exist
        raise ConfigurationError(f"{path.name} is not valid YAML, {_place(error)}: correct it") from None
    if document is not None and not isinstance(document, dict):
        raise ConfigurationError(f"{path.name} is not a mapping: write one 'key: value' in each line")
    return document or {}


def _place(error: Exception) -> str:
    """Return the line and column of an error, with its reason, in one line."""
    mark = getattr(error, "problem_mark", None)
    reason = getattr(error, "problem", None) or getattr(error, "reason", None) or str(error)
    place = f"line {mark.line + 1}, column {mark.column + 1}: " if mark else ""
    return place + " ".join(str(reason).split())


class _Loader(yaml.SafeLoader):  # type: ignore[misc]
    """Refuses a key that a mapping has twice, as Pulumi does."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen = set()
        for key, _ in node.value:
            if not isinstance(key, yaml.ScalarNode):
                continue
            if key.value in seen:
                problem = f"the key {key.value!r} is a duplicate"
                raise yaml.constructor.ConstructorError(None, None, problem, key.start_mark)
            seen.add(key.value)
        return super().construct_mapping(node, deep=deep)  # type: ignore[no-any-return]
