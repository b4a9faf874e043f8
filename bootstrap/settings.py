"""The settings of an account: which repository may deploy which stacks into it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from bootstrap.place import STACKS_PROJECT
from components.naming import Names
from components.settings.problems import Finding, SettingsError
from components.settings.section import Section
from components.settings.stack_file import read_config
from components.settings.tags import read_tags

_REPOSITORY = re.compile(r"[A-Za-z0-9-]+/[A-Za-z0-9._-]+")
_ACTION = re.compile(r"[a-z0-9-]+:[A-Za-z0-9]+")
_GIVES_PERMISSIONS = ("account", "iam", "organizations", "sts")
_PROVIDER = re.compile(r"arn:[a-z-]+:iam::\d{12}:oidc-provider/token\.actions\.githubusercontent\.com")


@dataclass(frozen=True, kw_only=True)
class BootstrapSettings:
    """The settings of one account.

    Attributes:
        repository: The repository on GitHub, as owner/name.
        owner_id: GitHub's id of the owner. It is set if the repository's tokens contain both ids.
        repository_id: GitHub's id of the repository; set together with `owner_id`.
        stacks: The stacks in the account. Each is deployed from the GitHub environment of the same name.
        pull_request_previews: The stacks that pull requests may preview, each in its preview environment.
        agent_actions: Actions that the stacks' agents may have, in addition to those of the analyst.
        identity_provider_arn: GitHub's identity provider, if the account already has it.
        tags: Tags of every resource that supports tags.
    """

    repository: str
    owner_id: int | None = None
    repository_id: int | None = None
    stacks: tuple[str, ...] = ()
    pull_request_previews: tuple[str, ...] = ()
    agent_actions: tuple[str, ...] = ()
    identity_provider_arn: str | None = None
    tags: Mapping[str, str] = field(default_factory=dict)

    def preview_environment(self, stack: str) -> str | None:
        """Return the GitHub environment in which pull requests preview a stack; None if they may not."""
        return f"{stack}-preview" if stack in self.pull_request_previews else None

    def subject(self, context: str) -> str:
        """Return the subject in GitHub's tokens for the repository and a context, such as `environment:prod`.

        Since 15 July 2026 the tokens of new repositories also contain ids, so that the next owner of an abandoned name
        cannot use the trust of the former owner:
        https://github.blog/changelog/2026-04-23-immutable-subject-claims-for-github-actions-oidc-tokens/
        """
        if self.owner_id is None:
            return f"repo:{self.repository}:{context}"
        owner, name = self.repository.split("/")
        return f"repo:{owner}@{self.owner_id}/{name}@{self.repository_id}:{context}"


class BootstrapSettingsError(SettingsError):
    """The settings of an account have problems; the message lists all of them, each with its remedy."""

    subject = "The account's settings have"


def read_bootstrap_settings() -> BootstrapSettings:
    """Return the settings of the account that is bootstrapped.

    Raises:
        BootstrapSettingsError: Lists every problem.
    """
    given = read_config()
    config = Section(given.values, prefix=f"{given.namespace}:", problems=[], refused=given.refused)
    ids = [_number(config, key) for key in ("ownerId", "repositoryId")]
    if (ids[0] is None) != (ids[1] is None):
        missing = "ownerId" if ids[0] is None else "repositoryId"
        config.note(missing, Finding(rule="both numbers are needed", remedy="Set both or neither"))
    stacks = config.texts("stacks", check=_stack)
    if not stacks and config.is_valid("stacks"):
        config.note("stacks", Finding(rule="at least one stack is required", remedy="Write for example [dev, prod]"))
    for stack in stacks:
        if longer := [other for other in stacks if other.startswith(f"{stack}-")]:
            finding = Finding(
                rule=f"the role that deploys {stack} could change it too, because its name begins with {stack}-",
                remedy=f"Rename it, for example to eu-{stack}",
            )
            config.note("stacks", finding, value=longer[0])
    previews = config.texts("pullRequestPreviews")
    foreign = [stack for stack in previews if stack not in stacks]
    if foreign and config.is_valid("stacks"):
        finding = Finding(rule="it is not in stacks", remedy="Write only stacks of this account, or leave it out")
        config.note("pullRequestPreviews", finding, value=foreign[0])
    settings = BootstrapSettings(
        repository=config.text("repository", check=_repository),
        owner_id=ids[0],
        repository_id=ids[1],
        stacks=stacks,
        pull_request_previews=previews,
        agent_actions=config.texts("agentActions", check=_action),
        identity_provider_arn=(
            config.text("identityProviderArn", check=_provider) if config.has("identityProviderArn") else None
        ),
        tags=read_tags(config, "tags"),
    )
    config.refuse_unknown()
    if config.problems:
        raise BootstrapSettingsError(config.problems)
    return settings


def _number(config: Section, key: str) -> int | None:
    if not config.has(key):
        return None
    return config.integer(key, default=1, minimum=1, maximum=2**53)


def _repository(value: str) -> Finding | None:
    if _REPOSITORY.fullmatch(value):
        return None
    return Finding(rule="it must be the owner and the name of a repository", remedy="Write for example owner/name")


def _provider(value: str) -> Finding | None:
    if _PROVIDER.fullmatch(value):
        return None
    return Finding(
        rule="it must be the ARN of GitHub's identity provider",
        remedy="Take it from 'aws iam list-open-id-connect-providers', or leave it out if there is none",
    )


def _action(value: str) -> Finding | None:
    if _ACTION.fullmatch(value) and value.partition(":")[0] not in _GIVES_PERMISSIONS:
        return None
    return Finding(
        rule=f"it must be an IAM action, and none of {', '.join(_GIVES_PERMISSIONS)}, which give permissions",
        remedy="Write for example ec2:DescribeInstances",
    )


def _stack(value: str) -> Finding | None:
    try:
        Names(project=STACKS_PROJECT, stack=value)
    except SettingsError as error:
        return Finding(rule=error.problems[0].rule, remedy=error.problems[0].remedy)
    return None
