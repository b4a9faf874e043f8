"""Builds changes of a function: the commands and properties that several rules propose."""

from __future__ import annotations

from collections.abc import Iterator
from shlex import quote

from agent.analyst.analysis.finding import Change
from agent.analyst.analysis.profile import FunctionProfile

CONFIGURATION = "update-function-configuration"
CODE = "update-function-code"

_NEW_VERSION = "<the new version>"


def of_function(
    profile: FunctionProfile,
    *,
    summary: str,
    options: str,
    pulumi: str,
    operation: str = CONFIGURATION,
    before: tuple[str, ...] = (),
) -> Change:
    """Build a change of the function, including the steps that bring it to callers.

    The operation changes `$LATEST` only. Aliases and provisioned concurrency stay on the old version, so the change
    also publishes a new version and moves them to it.

    Args:
        profile: The function.
        summary: The change in a few words.
        options: The operation's options, without those that name the function.
        pulumi: The property with its new value.
        operation: The AWS CLI command.
        before: Commands that must run first.
    """
    commands = [*before, f"aws lambda {operation} {target(profile)} {options}"]
    if profile.has_versions or profile.provisioned:
        commands += _published(profile)
        pulumi += "; aws.lambda_.Function.publish = True, and aws.lambda_.Alias.function_version = its version"
    return Change(summary=summary, cli="\n".join(commands), pulumi=pulumi)


def target(profile: FunctionProfile) -> str:
    """Return the AWS CLI options that name a function."""
    return f"--region {profile.region} --function-name {quote(profile.name)}"


def _published(profile: FunctionProfile) -> Iterator[str]:
    name = target(profile)
    yield f"aws lambda wait function-updated-v2 {name}"
    yield f"aws lambda publish-version {name}"
    provisioned = profile.provisioned or ()
    aliases = [quote(one.qualifier) for one in provisioned if not one.qualifier.isdigit()]
    for alias in aliases or ["<alias>"]:
        yield f"aws lambda update-alias {name} --name {alias} --function-version {_NEW_VERSION}"
    for one in provisioned:
        if one.qualifier.isdigit():
            yield (
                f"aws lambda put-provisioned-concurrency-config {name} --qualifier {_NEW_VERSION} "
                f"--provisioned-concurrent-executions {one.units}"
            )
            yield f"aws lambda delete-provisioned-concurrency-config {name} --qualifier {one.qualifier}"
