"""A stack's resources as text that people read: `python -m tests.delivery.graph` writes it for each stack.

The text is committed, so that a pull request shows what it changes in each stack where no preview can run. It holds
what is decided in this repository, and nothing that changes by itself: digests of code, the account and ids that AWS
gives have placeholders.
"""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from components.testing.mocks import ACCOUNT
from tests.components import recorded
from tests.components.recorded import PROJECT, Recording, Resource

DIRECTORY = PROJECT / "snapshots"

_PLACEHOLDERS = {
    ACCOUNT: "<account>",
    r"-Ab12345678\b": "-<id>",
    r"\b[0-9a-f]{32,64}\b": "<digest>",
}
# A bundle's place on the machine that builds it, and words for people.
_LEFT_OUT = {"source", "description", "alarmDescription", "tags"}
_DOCUMENTS = {"policy", "assumeRolePolicy"}
_LONGEST_VALUE = 110

Children = defaultdict[tuple[str, str], list[Resource]]
"""Type and name of each resource, to what belongs to it."""


def path(stack: str) -> Path:
    """Return the path of a stack's text."""
    return DIRECTORY / f"{stack}.txt"


def texts() -> list[Path]:
    """The texts of stacks in the folder, which also has that of the settings."""
    return sorted(set(DIRECTORY.glob("*.txt")) - {path("settings")})


def render(recording: Recording) -> str:
    """Return the text of a recorded stack: its resources as a tree, each with its properties, in alphabetical order."""
    root = next(r for r in recording.resources if r.type == "pulumi:pulumi:Stack")
    children: Children = defaultdict(list)
    for resource in recording.resources:
        children[_type_and_name(resource.parent)].append(resource)
    everywhere = _common_tags(recording.resources)
    lines = [
        f"# Resources of {root.name}, as the program registers them. Written by 'make snapshots'.",
        f"# {sum(r.custom for r in recording.resources)} resources; whatever takes tags has {_inline(everywhere)}",
        *_tree(root, children, everywhere, depth=0),
    ]
    return "".join(f"{_with_placeholders(line).rstrip()}\n" for line in lines)


def _tree(resource: Resource, children: Children, everywhere: Mapping[str, str], *, depth: int) -> Iterator[str]:
    indent = "  " * depth
    yield f"{indent}{_kind(resource)} {resource.name}{' (protected)' if resource.protect else ''}"
    for line in _properties(resource, everywhere):
        yield f"{indent}    . {line}"
    for child in sorted(children[resource.type, resource.name], key=lambda child: (_kind(child), child.name)):
        yield from _tree(child, children, everywhere, depth=depth + 1)


def _type_and_name(urn: str) -> tuple[str, str]:
    """Return the type and the name at the end of a URN."""
    types, _, name = urn.rpartition("::")
    return types.rpartition("::")[-1].rpartition("$")[-1], name


def _kind(resource: Resource) -> str:
    return resource.type.split(":")[-1]


def _common_tags(resources: Sequence[Resource]) -> dict[str, str]:
    counted = Counter(json.dumps(r["tags"], sort_keys=True) for r in resources if "tags" in r.inputs)
    return dict(json.loads(counted.most_common(1)[0][0]))


def _properties(resource: Resource, everywhere: Mapping[str, str]) -> Iterator[str]:
    for key, value in sorted(resource.inputs.items()):
        if key in _DOCUMENTS:
            yield from _document(key, value)
        elif key == "definition":
            yield from _machine(json.loads(value))
        elif key == "tags" and value != everywhere:
            yield f"tags: {_inline(value)}"
        elif key not in _LEFT_OUT:
            yield from _flat(key, value)


def _flat(name: str, value: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        for key, item in sorted(value.items()):
            yield from _flat(f"{name}.{key}", item)
    elif isinstance(value, list) and any(isinstance(item, Mapping) for item in value):
        for number, item in enumerate(value):
            yield from _flat(f"{name}[{number}]", item)
    else:
        text = " ".join(_inline(value).split())
        yield f"{name}: {text if len(text) <= _LONGEST_VALUE else text[: _LONGEST_VALUE - 1] + '…'}"


def _document(name: str, document: str) -> Iterator[str]:
    for number, statement in enumerate(json.loads(document)["Statement"]):
        whom = f" to {_inline(statement['Principal'])}" if "Principal" in statement else ""
        yield f"{name}.{statement.get('Sid', number)}: {statement['Effect']}{whom} {_inline(statement['Action'])}"
        for resource in _list(statement.get("Resource", [])):
            yield f"    on {resource}"
        for operator, keys in statement.get("Condition", {}).items():
            for key, values in keys.items():
                yield f"    if {key} {operator} {_inline(values)}"


def _machine(definition: Mapping[str, Any]) -> Iterator[str]:
    yield f"definition.StartAt: {definition['StartAt']}"
    for name, state in definition["States"].items():
        following = [state.get("Next"), *(choice["Next"] for choice in state.get("Choices", [])), state.get("Default")]
        caught = [catch["Next"] for catch in state.get("Catch", [])]
        after = ", ".join(dict.fromkeys(filter(None, following))) or "end"
        failing = f"; on error {', '.join(dict.fromkeys(caught))}" if caught else ""
        yield f"definition.{name}: {state['Type']} {state.get('Resource', '')} -> {after}{failing}".replace("  ", " ")


def _inline(value: Any) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{key}={_inline(item)}" for key, item in sorted(value.items()))
    if isinstance(value, list):
        return ", ".join(map(_inline, value))
    return value if isinstance(value, str) else json.dumps(value)


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _with_placeholders(line: str) -> str:
    for pattern, placeholder in _PLACEHOLDERS.items():
        line = re.sub(pattern, placeholder, line)
    return line


def write() -> None:
    """Write the text of each stack, and remove that of a stack that is gone."""
    DIRECTORY.mkdir(exist_ok=True)
    for file in set(texts()) - set(map(path, recorded.STACKS)):
        file.unlink()
    for stack in recorded.STACKS:
        recording = recorded.of_stack(stack)
        if recording.error is not None:
            raise recording.error
        path(stack).write_text(render(recording))


if __name__ == "__main__":
    write()
