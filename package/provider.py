"""FireAndForgetAgent as a Pulumi package, for programs in other projects and other languages.

`python -m package.provider` writes its schema to `package/schema.json`.

Pulumi derives a package's schema from the annotations of its components. It knows neither that a dataclass's field with
a default can be left out nor where this project describes its fields, takes nothing that describes the package itself,
and hands a component's inputs over as plain dictionaries; these four are added here.
"""

from __future__ import annotations

import dataclasses
import json
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pulumi
from pulumi.errors import InputPropertiesError
from pulumi.provider import Provider, main
from pulumi.provider.experimental.analyzer import Analyzer, ComponentDefinition, PropertyDefinition
from pulumi.provider.experimental.component import ComponentProvider
from pulumi.provider.experimental.schema import generate_schema
from pulumi.provider.experimental.util import camel_case

from components.bundles.build import PROJECT
from components.fire_and_forget_agent import AgentSources, FireAndForgetAgent, FireAndForgetAgentArgs
from components.permissions import Grant
from components.settings import docstrings as docs
from components.settings.model import Settings
from components.settings.problems import Problem, SettingsError
from package.metadata import PackageMetadata, read_metadata

SCHEMA = PROJECT / "package" / "schema.json"

# As in the types of the components, which a package can only offer under its own name.
NAME = "agent-runs"

# What a policy may get from other resources.
_MAY_BE_OUTPUT = re.compile(r"grants\[\d+\]\.(resources\[\d+\]|conditions(\..+)?)")


class DataclassAnalyzer(Analyzer):
    """Derives a schema from dataclasses whose docstrings have an "Attributes:" section."""

    def analyze_type(
        self, typ: type, *, is_component_output: bool
    ) -> tuple[dict[str, PropertyDefinition], dict[str, str]]:
        """As Pulumi does it; and a field with a default may be left out."""
        properties, names = super().analyze_type(typ, is_component_output=is_component_output)
        for field in dataclasses.fields(typ) if dataclasses.is_dataclass(typ) else ():
            has_default = (field.default, field.default_factory) != (dataclasses.MISSING, dataclasses.MISSING)
            properties[camel_case(field.name)].optional |= has_default
        return properties, names

    def get_docstring(self, typ: type, name: str) -> str | None:
        """What the class says of one of its attributes."""
        return docs.attributes(typ).get(name)


class AgentProvider(ComponentProvider):
    """Serves the package's one component."""

    def __init__(self, metadata: PackageMetadata) -> None:
        # Pulumi's own constructor, but for the analyzer and for where descriptions end.
        self._name = NAME
        self.analyzer = DataclassAnalyzer(NAME)
        result = self.analyzer.analyze([FireAndForgetAgent])
        self._components = {FireAndForgetAgent.__name__: FireAndForgetAgent}
        self._component_defs = result["component_definitions"]
        self._type_defs = result["type_definitions"]
        self._external_enum_types = result["external_enum_types"]
        for component in self._component_defs.values():
            component.description = docs.summary(component.description or "")
        for type_ in self._type_defs.values():
            type_.description = docs.summary(type_.description or "")
        schema = generate_schema(NAME, metadata.version, None, self._component_defs, self._type_defs, []).to_json()
        for language, names in metadata.languages.items():
            schema["language"][language] |= names
        Provider.__init__(self, metadata.version, json.dumps({**schema, **metadata.schema}))

    def map_inputs(self, inputs: Any, component_def: ComponentDefinition) -> Any:
        """Return the component's arguments, checked as a stack's settings are.

        Raises:
            InputPropertiesError: With every problem that the inputs have.
        """
        _refuse_outputs(inputs)
        named: Mapping[str, Any] = super().map_inputs(inputs, component_def)
        try:
            settings = Settings.from_config(_as_config(inputs["settings"]), namespace="settings")
        except SettingsError as error:
            raise _as_input_error(error) from None
        return FireAndForgetAgentArgs(
            settings=settings,
            sources=AgentSources(**named["sources"]),
            grants=[Grant(**grant) for grant in named.get("grants", [])],
            environment=named.get("environment", {}),
            qualifier=named.get("qualifier", ""),
        )


def _outputs(value: Any, path: str = "") -> Iterator[str]:
    """Yield the path of each output among the inputs: a secret, or what depends on another resource."""
    if isinstance(value, pulumi.Output):
        yield path
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield from _outputs(item, f"{path}.{key}" if path else key)
    elif isinstance(value, Sequence) and not isinstance(value, str):
        for index, item in enumerate(value):
            yield from _outputs(item, f"{path}[{index}]")


def _refuse_outputs(inputs: Mapping[str, Any]) -> None:
    problems = [
        Problem(
            key=path,
            value=None,
            found="is a secret, or depends on another resource",
            rule="it is stored in plain text in what is deployed, in the state and in previews, and needed before that",
            remedy="Give it a plain value",
        )
        for path in _outputs(inputs)
        if not _MAY_BE_OUTPUT.fullmatch(path)
    ]
    if problems:
        raise _as_input_error(SettingsError(problems))


def _as_input_error(error: SettingsError) -> InputPropertiesError:
    problems = [{"property_path": p.key.replace(":", "."), "reason": str(p)} for p in error.problems]
    return InputPropertiesError(str(error), problems)  # type: ignore[arg-type]


def _as_config(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Settings as a stack's file has them: budgets among the others, and whole numbers whole."""
    budgets: Mapping[str, Any] = settings.get("budgets") or {}
    others = {key: value for key, value in settings.items() if key != "budgets"}
    whole: dict[str, Any] = _whole({**others, **budgets})
    return whole


def _whole(value: Any) -> Any:
    """Undo what the wire does to integers."""
    if isinstance(value, Mapping):
        return {key: _whole(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_whole(item) for item in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


def provider() -> AgentProvider:
    """The package, in the version that this project has."""
    return AgentProvider(read_metadata(NAME))


def serve() -> None:
    """Serve the package to Pulumi's engine."""
    main(provider(), sys.argv[1:])


def schema() -> str:
    """The package's schema, as it is committed."""
    return json.dumps(json.loads(provider().schema or ""), indent=2) + "\n"


if __name__ == "__main__":
    SCHEMA.write_text(schema())
