"""The schema of resource types in the installed `pulumi_aws`: inputs, required inputs and outputs."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, get_args

import pulumi
import pulumi_aws
from pulumi import _types as pulumi_types  # the SDK has no public way to a type's wire names


@dataclass(frozen=True, kw_only=True)
class ResourceType:
    """One resource type of the provider.

    Attributes:
        inputs: Wire name of each input, to its Python type.
        required: Wire names of the inputs that must be given.
        computed: Wire names of the outputs that are no inputs: only AWS knows them.
        arguments: The class of its inputs.
    """

    inputs: Mapping[str, Any]
    required: frozenset[str]
    computed: frozenset[str]
    arguments: type

    def refuse(self, properties: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
        """Yield each unknown or missing path, with the reason."""
        yield from _refuse(self.arguments, properties, "")


@functools.cache
def resource_type(token: str) -> ResourceType | None:
    """Return the schema of a type such as `aws:sqs/queue:Queue`; None if the provider has no such type."""
    _, place, name = token.split(":")
    package = place.partition("/")[0]
    try:
        module = getattr(pulumi_aws, {"lambda": "lambda_"}.get(package, package))
        resource = getattr(module, name)
        # Where a nested type has the second name already, the SDK takes the first.
        arguments = getattr(module, f"{name}InitArgs", None) or getattr(module, f"{name}Args")
    except AttributeError:
        return None
    inputs = _input_types(arguments)
    outputs = pulumi_types.resource_py_to_pulumi_names(resource).values()
    return ResourceType(
        inputs=inputs,
        required=_required(arguments),
        computed=frozenset(set(outputs) - set(inputs)),
        arguments=arguments,
    )


def _refuse(arguments: type, properties: Mapping[str, Any], path: str) -> Iterator[tuple[str, str]]:
    types = _input_types(arguments)
    for name in sorted(_required(arguments) - set(properties)):
        yield f"{path}{name}", "is required"
    for name, value in properties.items():
        if name.startswith("__"):
            continue
        if name not in types:
            yield f"{path}{name}", "is not a property of this type"
            continue
        yield from _refuse_value(types[name], value, f"{path}{name}")


def _refuse_value(typ: Any, value: Any, path: str) -> Iterator[tuple[str, str]]:
    nested = _nested(typ)
    if isinstance(value, list):
        if not _is(typ, list):
            yield path, "must not be a list"
        for index, item in enumerate(value):
            if nested and isinstance(item, Mapping):
                yield from _refuse(nested, item, f"{path}[{index}].")
    elif isinstance(value, Mapping) and nested:
        if _is(typ, list):
            yield path, "must be a list"
        yield from _refuse(nested, value, f"{path}.")
    elif isinstance(value, Mapping) and not _is(typ, dict):
        yield path, "must not be a mapping"


@functools.cache
def _is(typ: Any, kind: type) -> bool:
    """Return whether a value of the kind (list or dict) may stand where the type is expected."""
    origin = getattr(typ, "__origin__", typ)
    if inspect.isclass(origin):
        if kind is list:
            return issubclass(list, origin) and origin is not object
        return issubclass(dict, origin) or _is_arguments(origin) or issubclass(origin, (pulumi.Asset, pulumi.Archive))
    return any(_is(argument, kind) for argument in get_args(typ)) or typ is Any


def _inside(typ: Any) -> Iterator[Any]:
    yield typ
    for argument in get_args(typ):
        yield from _inside(argument)


def _is_arguments(typ: Any) -> bool:
    return inspect.isclass(typ) and pulumi_types.is_input_type(typ)


@functools.cache
def _input_types(arguments: type) -> Mapping[str, Any]:
    types: Mapping[str, Any] = pulumi_types.input_type_types(arguments)
    return types


@functools.cache
def _nested(typ: Any) -> type | None:
    return next(filter(_is_arguments, _inside(typ)), None)


@functools.cache
def _required(arguments: type) -> frozenset[str]:
    names = pulumi_types.input_type_py_to_pulumi_names(arguments)
    parameters = inspect.signature(arguments.__init__).parameters.values()  # type: ignore[misc]
    return frozenset(
        names[parameter.name]
        for parameter in parameters
        if parameter.default is parameter.empty and parameter.name in names
    )
