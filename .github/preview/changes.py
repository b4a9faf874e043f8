"""The result of a preview: the changed resources, the most dangerous first, and the errors."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from pulumi.automation import EngineEvent, OpType, StepEventMetadata, StepEventStateMetadata

from preview.values import at

KINDS = ("replace", "delete", "update", "create", "import")
"""Kinds of changes, in the order for a reviewer: those that can lose data come first."""

_KIND_OF = {
    OpType.REPLACE: "replace",
    OpType.CREATE_REPLACEMENT: "replace",
    OpType.DELETE_REPLACED: "replace",
    OpType.IMPORT_REPLACEMENT: "replace",
    OpType.DELETE: "delete",
    OpType.UPDATE: "update",
    OpType.CREATE: "create",
    OpType.IMPORT: "import",
}
# Internal properties of the provider.
_INTERNAL = frozenset({"__defaults", "__internal"})
_REPEATED = "an unhandled error occurred: "


@dataclass(frozen=True, kw_only=True)
class PropertyChange:
    """A property that changes, or a property of a new resource.

    Attributes:
        path: Its path, such as `tags.owner`.
        before: Its value, or None.
        after: Its value, or None.
        forces_replacement: Whether the resource is replaced because of it.
    """

    path: str
    before: Any
    after: Any
    forces_replacement: bool = False


@dataclass(frozen=True, kw_only=True)
class Change:
    """The change of one resource.

    Attributes:
        kind: One of `KINDS`.
        component: Types of its parent components, outermost first, such as `FireAndForgetAgent / JournalTable`.
        type: Its type without the provider's modules, such as `aws:dynamodb:Table`.
        name: Its name in the program.
        properties: The properties that change, or those of the new resource.
    """

    kind: str
    component: str
    type: str
    name: str
    properties: tuple[PropertyChange, ...]


@dataclass(frozen=True, kw_only=True)
class Preview:
    """The result of one preview.

    Attributes:
        stack: Name of the stack.
        failed: Whether Pulumi ended with an error.
        changes: The changes, ordered by kind, component, type and name.
        unchanged: Number of resources without a change.
        errors: Messages, without repetitions.
        violations: Mandatory policies that are violated.
        warnings: Warnings, and advisory policies that are violated.
    """

    stack: str
    failed: bool
    changes: tuple[Change, ...]
    unchanged: int
    errors: tuple[str, ...]
    violations: tuple[str, ...]
    warnings: tuple[str, ...]


def read(stack: str, events: Iterable[EngineEvent], *, failed: bool, stderr: str = "") -> Preview:
    """Read the result of a preview from the engine's events.

    Args:
        stack: Name of the stack.
        events: The events in their order.
        failed: Whether Pulumi ended with an error.
        stderr: Pulumi's standard error. It is the error when no event has one.
    """
    steps: dict[str, StepEventMetadata] = {}
    unchanged = 0
    errors: list[str] = []
    violations: list[str] = []
    warnings: list[str] = []
    for event in events:
        if event.resource_pre_event:
            step = event.resource_pre_event.metadata
            unchanged += step.op is OpType.SAME and _exists_in_the_account(step)
            if step.op in _KIND_OF and _exists_in_the_account(step):
                # A replacement has up to three steps: keep the one with the differences.
                earlier = steps.get(step.urn)
                if earlier is None or not (earlier.detailed_diff or earlier.diffs):
                    steps[step.urn] = step
        elif event.diagnostic_event and event.diagnostic_event.severity in {"error", "warning"}:
            messages = errors if event.diagnostic_event.severity == "error" else warnings
            messages.append(event.diagnostic_event.message.strip())
        elif event.policy_event:
            policy = event.policy_event
            place = f" ({policy.resource_urn.rpartition('::')[-1]})" if policy.resource_urn else ""
            messages = violations if policy.enforcement_level == "mandatory" else warnings
            messages.append(f"{policy.policy_name}{place}: {policy.message.strip()}")
    if failed and not errors:
        errors.append(stderr.strip() or "Pulumi failed without an error message: read the log of the run.")
    changes = sorted(map(_change, steps.values()), key=lambda c: (KINDS.index(c.kind), c.component, c.type, c.name))
    return Preview(
        stack=stack,
        failed=failed,
        changes=tuple(changes),
        unchanged=unchanged,
        errors=_distinct(errors),
        violations=_distinct(violations),
        warnings=_distinct(warnings),
    )


def _exists_in_the_account(step: StepEventMetadata) -> bool:
    """Return whether a step is about a real resource: not a component, the stack or a default provider."""
    state = step.new or step.old
    return bool(state and state.custom) and "::default_" not in step.urn


def _change(step: StepEventMetadata) -> Change:
    types, _, name = step.urn.split("::", 2)[2].partition("::")
    *around, own = types.split("$")
    package, module, kind = own.split(":", 2)
    return Change(
        kind=_KIND_OF[step.op],
        # Types with a slash belong to the provider, not to components.
        component=" / ".join(outer.rpartition(":")[-1] for outer in around if "/" not in outer),
        type=f"{package}:{module.partition('/')[0]}:{kind}",
        name=name,
        properties=tuple(_properties(step)),
    )


def _properties(step: StepEventMetadata) -> list[PropertyChange]:
    before, after = _inputs(step.old), _inputs(step.new)
    if step.op is OpType.CREATE:
        return [PropertyChange(path=key, before=None, after=value) for key, value in sorted(after.items())]
    if _KIND_OF[step.op] not in {"replace", "update"}:
        return []
    paths = {path: (d.diff_kind.value, d.input_diff) for path, d in (step.detailed_diff or {}).items()}
    paths = paths or dict.fromkeys(step.diffs or _differing(before, after), ("", True))
    causes = set(step.keys or [])
    return [
        PropertyChange(
            path=path,
            before=at(before if of_inputs else {**before, **_outputs(step.old)}, path),
            after=at(after, path),
            forces_replacement=kind.endswith("replace") or path in causes,
        )
        for path, (kind, of_inputs) in sorted(paths.items())
    ]


def _differing(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    return [key for key in sorted({*before, *after}) if before.get(key) != after.get(key)]


def _inputs(state: StepEventStateMetadata | None) -> dict[str, Any]:
    return {key: value for key, value in ((state and state.inputs) or {}).items() if key not in _INTERNAL}


def _outputs(state: StepEventStateMetadata | None) -> dict[str, Any]:
    return dict((state and state.outputs) or {})


def _distinct(messages: Iterable[str]) -> tuple[str, ...]:
    """Remove empty messages and repetitions. The engine repeats the program's last error with a prefix."""
    return tuple(dict.fromkeys(filter(None, (message.removeprefix(_REPEATED) for message in messages))))
