"""Builds changes of a function: the commands and properties that several rules propose."""

from __future__ import annotations

from collections.abc import Iterator
from shlex import quote

from agent.analyst.analysis.finding import Change
from agent.analyst.analysis.profile import FunctionProfile, ProvisionedConcurrency

CONFIGURATION = "update-function-configuration"
CODE = "update-function-code"

# https://docs.aws.amazon.com/lambda/latest/dg/configuration-concurrency.html
_ALWAYS_UNRESERVED = 100
_CONCURRENCY_QUOTA = "L-B99A9384"

NEW_VERSION = "<the new version>"
"""Stands for the number of the version that a change publishes."""

_OLD_VERSION = "<the version before>"


def of_function(
    profile: FunctionProfile,
    *,
    summary: str,
    options: str,
    undo: str,
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
        undo: The options that restore the function.
        pulumi: The property with its new value.
        operation: The AWS CLI command.
        before: Commands that must run first.
    """
    commands = [*before, f"aws lambda {operation} {target(profile)} {options}"]
    restoring = [f"aws lambda {operation} {target(profile)} {undo}"]
    if profile.has_versions or profile.provisioned:
        commands += _published(profile)
        restoring += _restored(profile)
        pulumi += "; aws.lambda_.Function.publish = True, and aws.lambda_.Alias.function_version = its version"
    return Change(summary=summary, cli="\n".join(commands), undo="\n".join(restoring), pulumi=pulumi)


def of_reserved_concurrency(profile: FunctionProfile, instances: int) -> Change:
    """Return the change of a function's reserved concurrency to a number of instances.

    AWS refuses a reservation that leaves too little of the account's limit, so the limit is raised first where needed.
    """
    reserved = profile.reserved_concurrency
    command = f"aws lambda put-function-concurrency {target(profile)} --reserved-concurrent-executions"
    return Change(
        summary=f"Reserved concurrency {reserved:,} → {instances:,}",
        cli="\n".join([*_higher_limit(profile, instances), f"{command} {instances}"]),
        undo=f"{command} {reserved}",
        pulumi=f"aws.lambda_.Function.reserved_concurrent_executions = {instances}",
    )


def _higher_limit(profile: FunctionProfile, instances: int) -> Iterator[str]:
    region = profile.surroundings
    if region is None or region.concurrency_limit is None or region.unreserved_concurrency is None:
        return
    lacking = instances - (profile.reserved_concurrency or 0) + _ALWAYS_UNRESERVED - region.unreserved_concurrency
    if lacking > 0:
        wanted = region.concurrency_limit + lacking
        # No command: a limit is the account's, not the function's own.
        yield (
            f"# AWS keeps {_ALWAYS_UNRESERVED} instances for functions without a reservation. First ask it to raise "
            f"the limit of concurrent executions (quota {_CONCURRENCY_QUOTA}) to {wanted:,}."
        )


def target(profile: FunctionProfile) -> str:
    """Return the AWS CLI options that name a function."""
    return f"--region {profile.region} --function-name {quote(profile.name)}"


def _published(profile: FunctionProfile) -> Iterator[str]:
    name = target(profile)
    yield f"aws lambda wait function-updated-v2 {name}"
    yield f"aws lambda publish-version {name}"
    yield from _moved(profile, NEW_VERSION)
    for one in _of_versions(profile):
        yield _provided(name, NEW_VERSION, one.units)
        yield f"aws lambda delete-provisioned-concurrency-config {name} --qualifier {one.qualifier}"


def _restored(profile: FunctionProfile) -> Iterator[str]:
    name = target(profile)
    yield from _moved(profile, _OLD_VERSION)
    for one in _of_versions(profile):
        yield _provided(name, one.qualifier, one.units)
        yield f"aws lambda delete-provisioned-concurrency-config {name} --qualifier {NEW_VERSION}"


def _moved(profile: FunctionProfile, version: str) -> Iterator[str]:
    aliases = [quote(one.qualifier) for one in profile.provisioned or () if not one.qualifier.isdigit()]
    for alias in aliases or ["<alias>"]:
        yield f"aws lambda update-alias {target(profile)} --name {alias} --function-version {version}"


def _of_versions(profile: FunctionProfile) -> list[ProvisionedConcurrency]:
    """Return what is provisioned for a version, not for an alias."""
    return [one for one in profile.provisioned or () if one.qualifier.isdigit()]


def _provided(name: str, version: str, units: int) -> str:
    return (
        f"aws lambda put-provisioned-concurrency-config {name} --qualifier {version} "
        f"--provisioned-concurrent-executions {units}"
    )
