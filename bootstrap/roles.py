"""The roles that GitHub's workflows assume: for each stack one for previews, and one for deployments."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from bootstrap import stack_permissions
from bootstrap.github import GitHub
from bootstrap.place import STACKS_PROJECT, Place
from bootstrap.state import StateStore
from components.naming import Names
from components.permissions import Grant, policy

_SESSION_SECONDS = 3_600


@dataclass(frozen=True, kw_only=True)
class PreviewRoleArgs:
    """Inputs of the preview role.

    Attributes:
        place: Account and region of the stack.
        github: The identity provider of the workflows.
        state: The store of the stack's state.
        stack: The stack.
        environment: The GitHub environment that pull requests use. Without one, only main is trusted.
        tags: The role's tags.
    """

    place: Place
    github: GitHub
    state: StateStore
    stack: str
    environment: str | None
    tags: Mapping[str, str]


class PreviewRole(pulumi.ComponentResource):
    """The role of one stack's previews in pull requests, and of the drift detection on main. It only reads.

    The subject `pull_request` is never trusted: a pull request can change the workflow that asks for the token. GitHub
    itself enforces the rules of an environment, and decides what is on main.

    Attributes:
        arn: The role's ARN.
    """

    arn: pulumi.Output[str]

    def __init__(self, name: str, args: PreviewRoleArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("agent-runs-bootstrap:index:PreviewRole", name, None, opts)
        self.arn = _role(
            self,
            name,
            f"preview-{STACKS_PROJECT}-{args.stack}",
            f"Reads {STACKS_PROJECT}-{args.stack}, for previews and for drift detection",
            args.github.trust(
                ["ref:refs/heads/main", *([f"environment:{args.environment}"] if args.environment else [])]
            ),
            [*args.state.read(args.stack), *stack_permissions.read(args.place, args.stack)],
            args.tags,
        )
        self.register_outputs({"arn": self.arn})


@dataclass(frozen=True, kw_only=True)
class DeployRoleArgs:
    """Inputs of a deploy role.

    Attributes:
        place: Account and region of the stack.
        github: The identity provider of the workflows.
        state: The store of the stack's state.
        stack: The stack. The GitHub environment of the same name is trusted.
        boundary: ARN of the permissions boundary of the stack's roles.
        tags: The role's tags.
    """

    place: Place
    github: GitHub
    state: StateStore
    stack: str
    boundary: pulumi.Output[str]
    tags: Mapping[str, str]


class DeployRole(pulumi.ComponentResource):
    """The role that deploys one stack, for workflows in the stack's GitHub environment.

    It can write the stack's roles, so it can get, through them, every permission of their boundary.

    Attributes:
        arn: The role's ARN.
    """

    arn: pulumi.Output[str]

    def __init__(self, name: str, args: DeployRoleArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("agent-runs-bootstrap:index:DeployRole", name, None, opts)
        self.arn = _role(
            self,
            name,
            Names(project=STACKS_PROJECT, stack=args.stack).deploy_role,
            f"Deploys {STACKS_PROJECT}-{args.stack}",
            args.github.trust([f"environment:{args.stack}"]),
            [*args.state.write(args.stack), *stack_permissions.deploy(args.place, args.stack, args.boundary)],
            args.tags,
        )
        self.register_outputs({"arn": self.arn})


def _role(
    parent: pulumi.Resource,
    name: str,
    role_name: str,
    description: str,
    trust: pulumi.Output[str],
    grants: Sequence[Grant],
    tags: Mapping[str, str],
) -> pulumi.Output[str]:
    role = aws.iam.Role(
        name,
        name=role_name,
        description=description,
        assume_role_policy=trust,
        max_session_duration=_SESSION_SECONDS,
        tags=tags,
        opts=pulumi.ResourceOptions(parent=parent),
    )
    aws.iam.RolePolicy(
        name, name=role_name, role=role.name, policy=policy(grants), opts=pulumi.ResourceOptions(parent=role)
    )
    arn: pulumi.Output[str] = role.arn
    return arn
