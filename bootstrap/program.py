"""The account: the state, GitHub's identity provider, and for each stack a preview role and a deploy role."""

from __future__ import annotations

import pulumi

from bootstrap.boundary import Boundary, BoundaryArgs
from bootstrap.github import GitHub, GitHubArgs
from bootstrap.place import Place
from bootstrap.roles import DeployRole, DeployRoleArgs, PreviewRole, PreviewRoleArgs
from bootstrap.settings import read_bootstrap_settings
from bootstrap.state import StateStore, StateStoreArgs
from components.settings.problems import SettingsError


def deploy() -> None:
    """Declare the resources, and export the values that the next steps in the README need."""
    try:
        settings = read_bootstrap_settings()
    except SettingsError as error:
        # Pulumi shows this error as a message, without a traceback.
        raise pulumi.RunError(str(error)) from None
    place = Place.current()
    state = StateStore("state", StateStoreArgs(place=place, stacks=settings.stacks, tags=settings.tags))
    github = GitHub("github", GitHubArgs(settings=settings))
    variables: dict[str, pulumi.Input[str]] = {}
    boundaries: dict[str, pulumi.Output[str]] = {}
    for stack in settings.stacks:
        environment = settings.preview_environment(stack)
        preview = PreviewRole(
            f"preview-{stack}",
            PreviewRoleArgs(
                place=place, github=github, state=state, stack=stack, environment=environment, tags=settings.tags
            ),
        )
        boundaries[stack] = Boundary(
            f"boundary-{stack}",
            BoundaryArgs(place=place, stack=stack, agent_actions=settings.agent_actions, tags=settings.tags),
        ).arn
        deployer = DeployRole(
            f"deploy-{stack}",
            DeployRoleArgs(
                place=place, github=github, state=state, stack=stack, boundary=boundaries[stack], tags=settings.tags
            ),
        )
        suffix = stack.upper().replace("-", "_")
        variables |= {
            f"AWS_REGION_{suffix}": place.region,
            f"PULUMI_BACKEND_URL_{suffix}": state.url,
            f"AWS_PREVIEW_ROLE_ARN_{suffix}": preview.arn,
            f"AWS_DEPLOY_ROLE_ARN_{suffix}": deployer.arn,
        }
        if environment:
            variables[f"PREVIEW_ENVIRONMENT_{suffix}"] = environment
    pulumi.export("backend_url", state.url)
    pulumi.export("secrets_providers", {stack: state.secrets_provider(stack) for stack in settings.stacks})
    pulumi.export("permissions_boundaries", boundaries)
    pulumi.export("github_variables", variables)
