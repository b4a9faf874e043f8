"""FireAndForgetAgent as a Pulumi package, for programs in other projects and other languages.

`python -m package.provider` writes its schema to `package/schema.json`.

Pulumi derives a package's schema from the annotations of its components. This module adds what Pulumi does not do:
fields with a default are optional, fields have descriptions, the package has metadata, and a component's inputs become
its arguments.
"""

from __future__ import annotations

import dataclasses
import json
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import pulumi
from pulumi.errors import InputPropertiesError, InputPropertyErrorDetails
from pulumi.provider import Provider, main
from pulumi.provider.experimental.analyzer import Analyzer, ComponentDefinition, PropertyDefinition
from pulumi.provider.experimental.component import ComponentProvider
from pulumi.provider.experimental.schema import generate_schema
from pulumi.provider.experimental.util import camel_case

from components import PROJECT
from components.bundles.build import Bundle
from components.bundles.model_factory import check_model_factory
from components.bundles.packages import BundleError
from components.bundles.sources import AgentSources, build_bundles
from components.fire_and_forget_agent import FireAndForgetAgent, FireAndForgetAgentArgs
from components.permissions import Grant
from components.settings import setting
from components.settings.problems import Problem, SettingsError
from components.settings.reading import settings_from_inputs
from package import docstrings as docs
from package.inputs import FireAndForgetAgentInputs
from package.metadata import PackageMetadata, read_metadata

SCHEMA = PROJECT / "package" / "schema.json"

# A package can only offer types under its own name, and the components' types begin with this one.
NAME = "agent-runs"

# Only these inputs may be outputs of other resources.
_MAY_BE_OUTPUT = re.compile(r"grants\[\d+\]\.(resources\[\d+\]|conditions(\..+)?)")


class DataclassAnalyzer(Analyzer):
    """Derives a schema from dataclasses, whose fields are settings or are described in their docstring."""

    def analyze_type(
        self, typ: type, *, is_component_output: bool
    ) -> tuple[dict[str, PropertyDefinition], dict[str, str]]:
        """Return what Pulumi finds out about a type, with the fields that have a default as optional ones."""
        if typ is FireAndForgetAgentArgs:
            typ = FireAndForgetAgentInputs
        properties, names = super().analyze_type(typ, is_component_output=is_component_output)
        for field in dataclasses.fields(typ) if dataclasses.is_dataclass(typ) else ():
            has_default = (field.default, field.default_factory) != (dataclasses.MISSING, dataclasses.MISSING)
            properties[camel_case(field.name)].optional |= has_default
        return properties, names

    def get_docstring(self, typ: type, name: str) -> str | None:
        """Return the description of an attribute."""
        return setting.description(typ, name) or docs.attributes(typ).get(name)


class AgentProvider(ComponentProvider):
    """Serves the package's only component."""

    def __init__(self, metadata: PackageMetadata) -> None:
        # This replaces Pulumi's constructor, which allows neither another analyzer nor shorter descriptions.
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
        """Return the component's arguments; their settings are checked like those of a stack.

        Raises:
            InputPropertiesError: Lists every problem of the inputs, or a bundle cannot be built.
        """
        _refuse_outputs(inputs)
        named: Mapping[str, Any] = super().map_inputs(inputs, component_def)
        try:
            settings = settings_from_inputs(_whole(inputs["settings"]), path="settings", now=datetime.now(UTC))
            bundles = _bundles(AgentSources(**named["sources"]))
            check_model_factory(bundles, settings.model_factory, key="settings.modelFactory")
        except SettingsError as error:
            raise _input_error(error.problems) from None
        return FireAndForgetAgentArgs(
            bundles=bundles,
            settings=settings,
            grants=[Grant(**grant) for grant in named.get("grants", [])],
            environment=named.get("environment", {}),
            qualifier=named.get("qualifier", ""),
        )


def _bundles(sources: AgentSources) -> Sequence[Bundle]:
    try:
        return build_bundles(sources, is_preview=pulumi.runtime.is_dry_run(), progress=pulumi.log.info)
    except BundleError as error:
        raise InputPropertiesError(str(error)) from None


def _outputs(value: Any, path: str = "") -> Iterator[str]:
    """Yield the path of each output in the inputs, which is a secret or depends on another resource."""
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
            rule="its value is needed before deployment, and is plain text in the deployed resources, in the state and "
            "in previews",
            remedy="Set it to a plain value",
        )
        for path in _outputs(inputs)
        if not _MAY_BE_OUTPUT.fullmatch(path)
    ]
    if problems:
        raise _input_error(problems)


def _input_error(problems: Sequence[Problem]) -> InputPropertiesError:
    # The engine lists the problems below the message, each with its path.
    details: list[InputPropertyErrorDetails] = [
        {"property_path": problem.key, "reason": problem.reason} for problem in problems
    ]
    count = "one problem" if len(problems) == 1 else f"{len(problems)} problems"
    return InputPropertiesError(f"The component's inputs have {count}", details)


def _whole(value: Any) -> Any:
    """Turn whole floats back into integers, which the wire format does not have."""
    if isinstance(value, Mapping):
        return {key: _whole(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_whole(item) for item in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


def provider() -> AgentProvider:
    """Return the provider of the package in the version of this project."""
    return AgentProvider(read_metadata(NAME))


def serve() -> None:
    """Serve the package to Pulumi's engine."""
    main(provider(), sys.argv[1:])


def schema() -> str:
    """Return the package's schema in the form in which it is committed."""
    return json.dumps(json.loads(provider().schema or ""), indent=2) + "\n"


if __name__ == "__main__":
    SCHEMA.write_text(schema())
