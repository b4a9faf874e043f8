"""How a setting is declared: a dataclass field, whose metadata has what its type and default do not express.

Everything about a setting is derived from its field: how it is read and checked, its row in the README, its entry in
Pulumi.yaml, its property in the package's schema, and its environment variable in the agent's process.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, get_type_hints

from agent.harness.variables import Variable
from components.settings.problems import Finding

_KEY = "setting"


@dataclass(frozen=True, kw_only=True)
class Setting:
    """What is declared of a setting in addition to its name, type and default.

    Attributes:
        description: What it means, in sentences that the README, Pulumi.yaml and the package's schema show.
        minimum: The lowest number allowed.
        maximum: The highest number allowed.
        check: Check of the value, or of each value in a list; it runs after the type and the bounds were checked.
        variable: The environment variable through which the agent receives it; None if the agent does not need it.
    """

    description: str
    minimum: float | None = None
    maximum: float | None = None
    check: Callable[[Any], Finding | None] | None = None
    variable: Variable | None = None


@dataclass(frozen=True, kw_only=True)
class Declared:
    """A field of a settings class, with what was declared about it.

    Attributes:
        field: The dataclass field.
        hint: The field's type.
        setting: The field's declaration.
    """

    field: dataclasses.Field[Any]
    hint: Any
    setting: Setting

    @property
    def key(self) -> str:
        """The setting's name in a stack's file."""
        return camel_case(self.field.name)

    @property
    def default(self) -> Any:
        """The default; None for a setting that is required or optional."""
        if self.field.default_factory is not dataclasses.MISSING:
            return self.field.default_factory()
        return None if self.field.default is dataclasses.MISSING else self.field.default

    @property
    def is_required(self) -> bool:
        """Whether the setting has no default."""
        return self.field.default is dataclasses.MISSING and self.field.default_factory is dataclasses.MISSING


def setting(
    description: str,
    *,
    minimum: float | None = None,
    maximum: float | None = None,
    check: Callable[[Any], Finding | None] | None = None,
    variable: Variable | None = None,
) -> Mapping[str, Setting]:
    """Return the metadata of a dataclass field that is a setting; see `Setting` for the arguments."""
    return {_KEY: Setting(description=description, minimum=minimum, maximum=maximum, check=check, variable=variable)}


def declared(kind: type) -> Iterator[Declared]:
    """Yield the settings of a class, in the order of their declaration."""
    hints = get_type_hints(kind)
    for field in dataclasses.fields(kind):
        yield Declared(field=field, hint=hints[field.name], setting=field.metadata[_KEY])


def description(kind: type, name: str) -> str | None:
    """Return the description of a class's setting; None if the class has no setting of that name."""
    if not dataclasses.is_dataclass(kind):
        return None
    found = [field.metadata.get(_KEY) for field in dataclasses.fields(kind) if field.name == name]
    return found[0].description if found and found[0] else None


def agent_variables(settings: Any) -> dict[Variable, str]:
    """Return the environment variables that pass settings to the agent; a setting without a value has none."""
    variables: dict[Variable, str] = {}
    for one in declared(type(settings)):
        value = getattr(settings, one.field.name)
        if dataclasses.is_dataclass(value):
            variables |= agent_variables(value)
        elif one.setting.variable is not None and value is not None:
            variables[one.setting.variable] = str(value)
    return variables


def camel_case(name: str) -> str:
    """Return a Python name in the form that Pulumi's configuration uses, such as maxTurns for max_turns."""
    return re.sub(r"_([a-z])", lambda match: match[1].upper(), name)
