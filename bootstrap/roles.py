"""The roles that GitHub's workflows take on: one to look at everything, and one for each stack to deploy it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from bootstrap import territory
from bootstrap.github import GitHub
from bootstrap.place import PROJECT, Place
from bootstrap.settings import BootstrapSettings
from bootstrap.state import StateStore
from components.permissions import Grant, policy

_SESSION_SECONDS = 3_600


@dataclass(frozen=True, kw_only=True)
class PreviewRoleArgs:
    """Who looks at what.

    Attributes:
        place: Where the stacks are.
        github: Who vouches.
        state: Where the state is.
        settings: Which stacks there are.
    """

    place: Place
    github: GitHub
    state: StateStore
    settings: BootstrapSettings


class PreviewRole(pulumi.ComponentResource):
    """The role of pull requests, and of the search for drift on main: it can change nothing.

    Attributes:
        arn: The role's ARN.
    """

    arn: pulumi.Output[str]

    def __init__(self, name: str, args: PreviewRoleArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("agent-runs-bootstrap:index:PreviewRole", name, None, opts)
        self.arn = _role(
            self,
            name,
            f"preview-{PROJECT}",
            "Looks at the stacks, for pull requests and for the search for drift",
            args.github.trust(["pull_request", "ref:refs/heads/main"]),
            [*args.state.read(args.settings.stacks), *territory.look(args.place, args.settings.stacks)],
            args.settings.tags,
        )
        self.register_outputs({"arn": self.arn})


@dataclass(frozen=True, kw_only=True)
class DeployRoleArgs:
    """Who deploys what.

    Attributes:
        place: Where the stack is.
        github: Who vouches.
        state: Where the state is.
        stack: The stack, which is also the name of the environment that is trusted.
        tags: For the role.
    """

    place: Place
    github: GitHub
    state: StateStore
    stack: str
    tags: Mapping[str, str]


class DeployRole(pulumi.ComponentResource):
    """The role that deploys one stack, for workflows that GitHub has let into the stack's environment.

    It can write roles, so it can do whatever a role can do that is named like the stack's: who may approve a deployment
    is who may do that.

    Attributes:
        arn: The role's ARN.
    """

    arn: pulumi.Output[str]

    def __init__(self, name: str, args: DeployRoleArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("agent-runs-bootstrap:index:DeployRole", name, None, opts)
        self.arn = _role(
            self,
            name,
            # Not a name that begins with the stack's: it must not be able to change itself.
            f"deploy-{PROJECT}-{args.stack}",
            f"Deploys {PROJECT}-{args.stack}",
            args.github.trust([f"environment:{args.stack}"]),
            [*args.state.write(args.stack), *territory.change(args.place, args.stack)],
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
