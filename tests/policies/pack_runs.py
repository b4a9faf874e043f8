"""Runs the policy pack on resources as Pulumi's engine does, without the engine."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from pulumi.runtime.mocks import MockResourceArgs
from pulumi_policy import (
    Policy,
    PolicyCustomTimeouts,
    PolicyResource,
    PolicyResourceOptions,
    ResourceValidationArgs,
    ResourceValidationPolicy,
    StackValidationArgs,
    StackValidationPolicy,
)

from components.testing.mocks import Mocks
from policies.rules.pack import POLICIES
from policies.rules.resource import Resource
from tests.components import recorded

Violation = tuple[str, str, str]
"""Policy, resource and message."""


def resources(recording: recorded.Recording) -> list[Resource]:
    """Return the resources of a recorded program, with the provider's computed properties."""
    stack = next(r.name for r in recording.resources if r.type == "pulumi:pulumi:Stack").removeprefix("agent-runs-")
    return [
        Resource(
            urn=f"urn:pulumi:{stack}::agent-runs::{r.type}::{r.name}",
            type=r.type,
            name=r.name,
            props=_outputs(r),
            protect=r.protect,
        )
        for r in recording.resources
        if r.custom
    ]


def violations(found: Sequence[Resource]) -> list[Violation]:
    """Return the violations that the pack reports for a stack."""
    return [violation for policy in POLICIES for violation in _violations_of(policy, found)]


def _violations_of(policy: Policy, found: Sequence[Resource]) -> Iterator[Violation]:
    reported: list[tuple[str, str | None]] = []

    def report(message: str, urn: str | None = None) -> None:
        reported.append((message, urn))

    if isinstance(policy, ResourceValidationPolicy):
        for resource in found:
            policy.validate(_alone(resource), report)
            yield from ((policy.name, resource.name, message) for message, _ in reported)
            reported.clear()
    else:
        assert isinstance(policy, StackValidationPolicy)
        policy.validate(StackValidationArgs(list(_together(found))), report)
        names = {resource.urn: resource.name for resource in found}
        yield from ((policy.name, names[urn or ""], message) for message, urn in reported)


def _outputs(resource: recorded.Resource) -> dict[str, Any]:
    """Return a resource's inputs, and the outputs that the provider computes from them."""
    registered = MockResourceArgs(resource.type, resource.name, dict(resource.inputs), custom=True)
    return Mocks().new_resource(registered)[1]


def _options(resource: Resource) -> PolicyResourceOptions:
    return PolicyResourceOptions(
        protect=resource.protect,
        ignore_changes=[],
        delete_before_replace=None,
        aliases=[],
        custom_timeouts=PolicyCustomTimeouts(0, 0, 0),
        additional_secret_outputs=[],
    )


def _alone(resource: Resource) -> ResourceValidationArgs:
    return ResourceValidationArgs(
        resource.type, resource.props, resource.urn, resource.name, _options(resource), provider=None
    )


def _together(found: Iterable[Resource]) -> Iterable[PolicyResource]:
    return (
        PolicyResource(
            resource.type,
            resource.props,
            resource.urn,
            resource.name,
            _options(resource),
            provider=None,
            parent=None,
            dependencies=[],
            property_dependencies={},
        )
        for resource in found
    )
