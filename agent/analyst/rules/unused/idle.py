"""Finds functions that are not called."""

import math
from collections.abc import Iterator
from shlex import quote

from agent.analyst.analysis.finding import Answer, Change, Level, Proposal, Rule, Undecided
from agent.analyst.analysis.profile import FunctionProfile, PackageType, Usage
from agent.analyst.rules import event_sources, lambda_at_edge, missing
from agent.analyst.rules.changes import target

# Days without a call after which confidence is medium, and high.
LIKELY_DAYS = 30
SURE_DAYS = 90
_LONGEST_MONTH_DAYS = 31


def propose(profile: FunctionProfile) -> Answer:
    """Propose to delete a function that is not called. A throttled function is called, and a new one may be soon."""
    usage = profile.usage
    if usage is None:
        return missing.USAGE
    if usage.invocations or usage.throttles:
        return None
    if profile.known_since > profile.window.start:
        return Undecided(reason="it may be newer than the time of observation", missing="known_since")
    if profile.durable is not None and profile.durable_executions is None:
        return Undecided(
            reason="it is a durable function, and whether an execution of it is suspended could not be read",
            missing="durable_executions",
        )
    if profile.durable_executions:
        return None
    days = int(profile.window.days) if usage.silent_days is None else usage.silent_days
    polled = [source for source in profile.event_sources or () if source.enabled]
    commands = list(_copied(profile))
    if profile.event_sources:
        commands.append(event_sources.deletion(profile))
    commands.append(f"aws lambda delete-function {target(profile)}")
    if profile.log_group is not None:
        commands.append(
            f"aws logs delete-log-group --region {profile.region} --log-group-name {quote(profile.log_group.name)}"
        )
    return Proposal(
        title=f"Not called for {days} days",
        evidence={
            "Invocations": "0",
            "Not called for": f"{days} days"
            + (" (this analysis could not look further back)" if usage.silent_days is None else ""),
            "Known since": profile.known_since.date().isoformat(),
            "Last changed": profile.last_modified.date().isoformat(),
            **({"Event sources": event_sources.named(polled)} if polled else {}),
            **({"Durable executions that have not ended": "0"} if profile.durable else {}),
        },
        change=Change(
            summary="Delete the function and its logs",
            # Nothing is deleted unless all before it has succeeded: the code may exist nowhere else.
            cli=" &&\n".join(commands),
            undo=_created_again(profile),
            pulumi="remove the aws.lambda_.Function resource and its aws.cloudwatch.LogGroup",
        ),
        confidence=_confidence(profile, usage),
        risk=Level.MEDIUM,
        risk_reason=_risk(profile, days),
        effort=Level.MEDIUM,
        after=None,
    )


def _copied(profile: FunctionProfile) -> Iterator[str]:
    """Yield commands that save the configuration and the code. The code of an image stays in its repository."""
    yield f"aws lambda get-function {target(profile)} > {quote(f'{profile.name}.json')}"
    if profile.package_type is PackageType.ZIP:
        location = f"aws lambda get-function {target(profile)} --query Code.Location --output text"
        yield f'curl --fail --output {quote(f"{profile.name}.zip")} "$({location})"'


def _created_again(profile: FunctionProfile) -> str:
    image = profile.package_type is PackageType.IMAGE
    code = (
        "--package-type Image --code ImageUri=<Code.ImageUri>"
        if image
        else f"--runtime {profile.runtime} --handler <Handler> --zip-file {quote(f'fileb://{profile.name}.zip')}"
    )
    return (
        "# The values in <…> are in the saved .json file, with the other settings of the function.\n"
        f"aws lambda create-function {target(profile)} {code} --role <Role> "
        f"--architectures {profile.architecture.value} --memory-size {profile.memory_mb} "
        f"--timeout {profile.timeout_seconds}\n"
        "# Its logs, versions, aliases and triggers do not come back."
    )


def _confidence(profile: FunctionProfile, usage: Usage) -> Level:
    days = usage.silent_days
    if days is None or days < LIKELY_DAYS or lambda_at_edge.possible(profile):
        return Level.LOW
    # The executions of old versions of a durable function were not all read.
    return Level.HIGH if days >= SURE_DAYS and profile.durable is None else Level.MEDIUM


def _risk(profile: FunctionProfile, days: int) -> str:
    seen = (
        "A yearly job may not have run in this time"
        if days >= _LONGEST_MONTH_DAYS
        else "A monthly job may not have run in this time"
    )
    edge = (
        f" If CloudFront runs it (Lambda@Edge), its calls are counted in other regions, under the name "
        f"{lambda_at_edge.REGION}.{profile.name}: check those first."
        if lambda_at_edge.possible(profile)
        else ""
    )
    durable = (
        " A durable execution of an old version may be suspended for up to "
        f"{math.ceil(profile.durable.execution_timeout_seconds / 86_400):,} days, and would be lost."
        if profile.durable
        else ""
    )
    url = " It has a URL that anybody may call." if any(one.public for one in profile.function_urls or ()) else ""
    return f"{seen}, or the function may be kept for emergencies: ask its owner, and keep its code.{edge}{durable}{url}"


RULE = Rule(name="idle", title="Idle functions", propose=propose)
