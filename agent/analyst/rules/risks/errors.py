"""Finds functions with many failing runs, which AWS bills like successful ones.

Their cost is shown as evidence, not as a saving: a fixed request is billed as well, and only retries of asynchronous
requests would no longer be billed.
"""

from __future__ import annotations

from dataclasses import replace
from shlex import quote

from agent.analyst.analysis.finding import Answer, Change, Level, Proposal, Rule
from agent.analyst.analysis.profile import FunctionProfile, LogClass, Usage
from agent.analyst.rules import missing, rates
from agent.analyst.rules.changes import target

# A lower rate is normal operation (a retried throttle, a bad request).
TOLERATED_RATE = 0.05
# Fewer failures are too few to compute a rate.
MIN_ERRORS = 50


def propose(profile: FunctionProfile) -> Answer:
    """Propose to fix a function whose failed runs are a large part of its bill."""
    usage = profile.usage
    if usage is None:
        return missing.USAGE
    errors = min(usage.errors, usage.invocations)
    if errors < MIN_ERRORS or errors <= TOLERATED_RATE * usage.invocations:
        return None
    return Proposal(
        title=f"{errors / usage.invocations:.1%} of its runs fail and are billed",
        evidence={
            "Invocations": rates.a_month(profile, usage.invocations),
            "Errors": rates.a_month(profile, errors),
            "Error rate": f"{errors / usage.invocations:.1%}",
            "Throttles": rates.a_month(profile, usage.throttles),
        },
        change=Change(
            summary="Find the cause in the logs and fix it",
            cli=(
                f"{_show_errors(profile)}\n"
                "# Only for asynchronous calls, and only if retries do not help:\n"
                f"# aws lambda put-function-event-invoke-config {target(profile)} --maximum-retry-attempts 0"
            ),
            undo=(
                "# Reading the logs changes nothing. To retry as AWS does by default:\n"
                f"# aws lambda update-function-event-invoke-config {target(profile)} --maximum-retry-attempts 2"
            ),
            pulumi="for asynchronous calls, aws.lambda_.FunctionEventInvokeConfig: maximum_retry_attempts and an "
            "on_failure destination",
        ),
        confidence=Level.HIGH,
        risk=Level.LOW,
        risk_reason="Reading the logs changes nothing. Fewer retries lose events that would have succeeded later: send "
        "failed events to a queue first.",
        assumption="A failed run takes as long as a successful one.",
        without_waste=None if profile.managed_instances else _without_failures(profile, usage, errors),
        effort=Level.HIGH,
        after=profile,
    )


def _show_errors(profile: FunctionProfile) -> str:
    options = f"--region {profile.region} --log-group-name {quote(profile.log_group_name)}"
    if profile.log_group is not None and profile.log_group.log_class is LogClass.INFREQUENT_ACCESS:
        # FilterLogEvents cannot read this class.
        start, end = (int(moment.timestamp()) for moment in (profile.window.start, profile.window.end))
        query = "filter @message like /ERROR|Exception|Task timed out/ | limit 50"
        return f"aws logs start-query {options} --start-time {start} --end-time {end} --query-string '{query}'"
    return (
        f"aws logs filter-log-events {options} --filter-pattern '?ERROR ?Exception ?\"Task timed out\"' --max-items 50"
    )


def _without_failures(profile: FunctionProfile, usage: Usage, errors: int) -> FunctionProfile:
    kept = usage.invocations - errors
    share = kept / usage.invocations
    return replace(
        profile,
        usage=replace(usage, invocations=kept, errors=0, duration_ms=usage.duration_ms * share),
        provisioned=None
        if profile.provisioned is None
        else tuple(replace(one, invocations=int(one.invocations * share)) for one in profile.provisioned),
    )


RULE = Rule(name="errors", title="Failing runs", propose=propose)
