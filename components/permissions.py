"""Permissions as values: the owner of a resource offers grants, the role of whoever needs them composes them."""

# Annotations are evaluated here, because the schema of the component package is derived from them.
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pulumi
import pulumi_aws as aws

_POLICY_VERSION = "2012-10-17"


class UnreasonedWildcardError(ValueError):
    """A grant holds a wildcard and does not say why."""


@dataclass(frozen=True, kw_only=True)
class Grant:
    """Leave to do something: one statement of an IAM policy.

    Attributes:
        sid: What it is for, in letters and digits; IAM shows it beside the statement.
        actions: IAM actions.
        resources: ARNs that the actions may be done on.
        conditions: As IAM writes them: operator, then condition key, then value.
        reason: Why an action or a resource holds a `*`. Required where one does, because a wildcard is the hole that
            an auditor looks for first.
    """

    sid: str
    actions: Sequence[str]
    resources: Sequence[pulumi.Input[str]]
    conditions: Mapping[str, Mapping[str, pulumi.Input[str]]] = field(default_factory=dict)
    reason: str = ""


def policy(grants: Sequence[Grant]) -> pulumi.Output[str]:
    """The JSON of a policy that holds the grants, in the order given.

    Raises:
        UnreasonedWildcardError: When the output is resolved, if a grant has a wildcard without a reason.
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
            f"Grant {grant.sid} holds the wildcard {wildcards[0]} without a reason: narrow it, or give it a reason"
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
    """The JSON of a trust policy that lets one AWS service take on a role.

    Args:
        service: The service's principal, such as states.amazonaws.com.
        conditions: On whose behalf the service may do so; see `only_for`.
    """
    statement = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
    return pulumi.Output.json_dumps(
        {
            "Version": _POLICY_VERSION,
            "Statement": [{**statement, "Condition": conditions} if conditions else statement],
        }
    )


def only_for(
    source_arn: pulumi.Input[str], account_id: pulumi.Input[str]
) -> Mapping[str, Mapping[str, pulumi.Input[str]]]:
    """Conditions that keep a service from being talked into using a role for somebody else (the confused deputy)."""
    return {"StringEquals": {"aws:SourceAccount": account_id}, "ArnLike": {"aws:SourceArn": source_arn}}


@dataclass(frozen=True, kw_only=True)
class ServiceRoleArgs:
    """Who may take on a role, and what the role may do.

    Attributes:
        name: Physical name.
        description: Whose role it is.
        service: Principal of the AWS service that takes it on.
        trust_conditions: On whose behalf the service may do so.
        grants: What the role may do.
        tags: For the role.
    """

    name: str
    description: str
    service: str
    trust_conditions: Mapping[str, Mapping[str, pulumi.Input[str]]]
    grants: Sequence[Grant]
    tags: Mapping[str, str]


class ServiceRole(pulumi.ComponentResource):
    """A role that one AWS service takes on, with the policy that says what it may do.

    Attributes:
        arn: The role's ARN, known only once its policy is attached: whatever is created with it may use it at once.
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
