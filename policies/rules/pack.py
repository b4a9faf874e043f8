"""The rules as policies of Pulumi."""

from __future__ import annotations

from pulumi_policy import (
    Policy,
    PolicyResource,
    ReportViolation,
    ResourceValidationArgs,
    ResourceValidationPolicy,
    StackValidationArgs,
    StackValidationPolicy,
)

from . import encryption, protection, public_access, tags, transport, trust, wildcards
from .resource import Resource, ResourceRule, StackRule


def _each(name: str, description: str, *rules: ResourceRule) -> Policy:
    """Return a policy for single resources, which Pulumi runs before it creates or changes one."""

    def validate(args: ResourceValidationArgs, report: ReportViolation) -> None:
        for rule in rules:
            for message in rule(_resource(args)):
                report(message, None)

    return ResourceValidationPolicy(name=name, description=description, validate=validate)


def _together(name: str, description: str, *rules: StackRule) -> Policy:
    """Return a policy for a whole stack, which Pulumi runs when all resources are known."""

    def validate(args: StackValidationArgs, report: ReportViolation) -> None:
        resources = [_resource(resource) for resource in args.resources]
        for rule in rules:
            for breach in rule(resources):
                report(breach.message, breach.resource.urn)

    return StackValidationPolicy(name=name, description=description, validate=validate)


def _resource(known: ResourceValidationArgs | PolicyResource) -> Resource:
    return Resource(
        urn=known.urn, type=known.resource_type, name=known.name, props=known.props, protect=bool(known.opts.protect)
    )


POLICIES: list[Policy] = [
    _each(
        "encrypted-at-rest",
        "Queues and topics are encrypted, keys are rotated.",
        *(
            encryption.at_rest,
            encryption.rotated_keys,
        ),
    ),
    _each(
        "own-keys-in-production",
        "In production, stores are encrypted with customer-managed keys.",
        encryption.with_own_keys,
    ),
    _together("buckets-encrypted", "Every bucket configures its encryption.", encryption.buckets),
    _each("log-retention", "Every log group has a retention.", protection.log_groups),
    _each(
        "no-public-access",
        "No policy and no function allows access to everybody.",
        *(
            public_access.principals,
            public_access.functions,
        ),
    ),
    _together("buckets-not-public", "Every bucket blocks public access.", public_access.buckets),
    _together("tls-only", "Buckets, queues and topics refuse requests without TLS.", transport.tls_only),
    _each("data-protected-in-production", "In production, stores are protected against deletion.", protection.data),
    _together("buckets-versioned", "Every bucket keeps old versions of its objects.", protection.versions),
    _each("trust-for-this-account", "A service assumes a role for the role's own account only.", trust.services),
    _each(
        "no-wildcards",
        "Roles allow actions and resources by name; known wildcards have a reason.",
        *(
            wildcards.without_reason,
            wildcards.managed_by_aws,
        ),
    ),
    _each("tags-required", "Resources have the required tags.", tags.required),
]
