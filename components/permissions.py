"""Permissions as values: the owner of a resource offers grants, and a role combines the grants that it needs."""

# Annotations are evaluated here, because the schema of the component package is derived from them.
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pulumi
import pulumi_aws as aws

_POLICY_VERSION = "2012-10-17"


class UnreasonedWildcardError(ValueError):
    """A grant has a wildcard without a reason."""


@dataclass(frozen=True, kw_only=True)
class Grant:
    """A permission: one statement of an IAM policy.

    Attributes:
        sid: The statement's id, in letters and digits; it names the purpose.
        actions: IAM actions.
        resources: ARNs of the resources on which the actions are allowed.
        conditions: Conditions in IAM's form: operator, then condition key, then value.
        reason: Why an action or a resource contains a `*`. Required in this case, because auditors look for wildcards
            first.
    """

    sid: str
    actions: Sequence[str]
    resources: Sequence[pulumi.Input[str]]
    conditions: Mapping[str, Mapping[str, pulumi.Input[str]]] = field(default_factory=dict)
    reason: str = ""


def policy(grants: Sequence[Grant]) -> pulumi.Output[str]:
    """Return the JSON of a policy with the grants in the given order.

    Raises:
        UnreasonedWildcardError: A grant has a wildcard without a reason. It is raised when the output is resolved.
    """
    resources = pulumi.Output.all(*(pulumi.Output.all(*grant.resources) for grant in grants))
    conditions = pulumi.Output.from_input([grant.conditions for grant in grants])
    return pulumi.Output.all(resources, conditions).apply(lambda known: _document(grants, *known))


def _document(grants: Sequence[Grant], resources: Sequence[Sequence[str]], conditions: Sequence[Any]) -> str:
    statements = [
        _statement(grant, arns, condition) for grant, arns, condition in zip(grants, resources, conditions, strict=True)
    ]
    return json.dumps({"Version": _POLICY_VERSION, "Statement": statements})


def _statement(grant: Grant, resources: Sequence[str], conditions: Mapping[str, Any]) -> dict[str, Any]:
    wildcards = [text for text in (*grant.actions, *resources) if "*" in text]
    if wildcards and not grant.reason:
        raise UnreasonedWildcardError(
            f"Grant {grant.sid} has the wildcard {wildcards[0]} without a reason: narrow it, or add a reason"
        )
    statement: dict[str, Any] = {
        "Sid": grant.sid,
        "Effect": "Allow",
        "Action": list(grant.actions),
        "Resource": list(resources),
    }
    if conditions:
        statement["Condition"] = dict(conditions)
    return statement


def trust(service: str, *, conditions: Mapping[str, Mapping[str, pulumi.Input[str]]]) -> pulumi.Output[str]:
    """Return the JSON of a trust policy that lets one AWS service assume a role.

    Args:
        service: The service's principal, such as states.amazonaws.com.
        conditions: Conditions on the resource that the service acts for; see `only_for`.
    """
    statement = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
    return pulumi.Output.json_dumps(
        {
            "Version": _POLICY_VERSION,
            "Statement": [{**statement, "Condition": conditions} if conditions else statement],
        }
    )


def only_for(
    source_arn: pulumi.Input[str] | Sequence[pulumi.Input[str]], account_id: pulumi.Input[str]
) -> Mapping[str, Mapping[str, Any]]:
    """Return conditions that prevent a service from using a role for another account (as a confused deputy)."""
    return {"StringEquals": {"aws:SourceAccount": account_id}, "ArnLike": {"aws:SourceArn": source_arn}}


@dataclass(frozen=True, kw_only=True)
class ServiceRoleArgs:
    """Inputs of a role: who may assume it, and what it may do.

    Attributes:
        name: Physical name.
        description: What the role belongs to.
        service: Principal of the AWS service that assumes the role.
        trust_conditions: Conditions on the resource that the service acts for.
        grants: The role's permissions.
        permissions_boundary: ARN of the managed policy that limits the role; None for no limit.
        tags: The role's tags.
    """

    name: str
    description: str
    service: str
    trust_conditions: Mapping[str, Mapping[str, pulumi.Input[str]]]
    grants: Sequence[Grant]
    permissions_boundary: str | None
    tags: Mapping[str, str]


class ServiceRole(pulumi.ComponentResource):
    """A role that one AWS service assumes, with its policy.

    Attributes:
        arn: The role's ARN, known only after the policy is attached, so that a resource created with it can use it at
            once.
        name: The role's name.
    """

    arn: pulumi.Output[str]
    name: pulumi.Output[str]

    def __init__(self, name: str, args: ServiceRoleArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("agent-runs:index:ServiceRole", name, None, opts)
        role = aws.iam.Role(
            name,
            name=args.name,
            description=args.description,
            assume_role_policy=trust(args.service, conditions=args.trust_conditions),
            permissions_boundary=args.permissions_boundary,
            tags=args.tags,
            opts=pulumi.ResourceOptions(parent=self),
        )
        attached = aws.iam.RolePolicy(
            name,
            name=args.name,
            role=role.name,
            policy=policy(args.grants),
            opts=pulumi.ResourceOptions(parent=role),
        )
        self.arn = pulumi.Output.all(role.arn, attached.id).apply(lambda known: str(known[0]))
        self.name = role.name
        self.register_outputs({"arn": self.arn, "name": self.name})
