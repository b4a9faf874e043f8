"""Runs that fail, and are paid for all the same."""

from __future__ import annotations

from dataclasses import replace

from agent.analysis.finding import Change, Level, Proposal, Rule
from agent.analysis.profile import FunctionProfile

# Below, failures are part of normal operation (a retried throttle, a bad request).
TOLERATED_RATE = 0.05
# With fewer failures than this a rate says nothing.
FEWEST_ERRORS = 50


def propose(profile: FunctionProfile) -> Proposal | None:
    """Propose to mend a function whose failed runs are a notable part of its bill."""
    usage = profile.usage
    assert usage is not None
    errors = min(usage.errors, usage.invocations)
    if errors < FEWEST_ERRORS or errors <= TOLERATED_RATE * usage.invocations:
        return None
    rate = errors / usage.invocations
    kept = usage.invocations - errors
    return Proposal(
        title=f"{rate:.1%} of its runs fail, and are billed",
        evidence={
            "Invocations": f"{usage.invocations:,}",
            "Errors": f"{errors:,}",
            "Error rate": f"{rate:.1%}",
            "Throttles": f"{usage.throttles:,}",
        },
        change=Change(
            summary="Find the cause in the logs and mend it; stop retrying what cannot succeed",
            cli=(
                f"aws logs filter-log-events --region {profile.region} --log-group-name {profile.log_group_name} "
                "--filter-pattern '?ERROR ?Exception ?\"Task timed out\"' --max-items 50\n"
                f"aws lambda put-function-event-invoke-config --region {profile.region} "
                f"--function-name {profile.name} --maximum-retry-attempts 0"
            ),
            pulumi="aws.lambda_.FunctionEventInvokeConfig.maximum_retry_attempts = 0, with an on_failure destination",
        ),
        confidence=Level.LOW,
        risk=Level.MEDIUM,
        risk_reason="Fewer retries lose events that would have succeeded later: send failures to a queue first.",
        assumption="A failed run takes as long as a successful one, and mending it removes the run.",
        after=replace(
            profile,
            usage=replace(
                usage,
                invocations=kept,
                errors=0,
                duration_ms=usage.duration_ms * kept / usage.invocations,
                first_day=usage.first_day if kept else None,
            ),
            provisioned=None
            if profile.provisioned is None
            else tuple(
                replace(provisioned, invocations=int(provisioned.invocations * kept / usage.invocations))
                for provisioned in profile.provisioned
            ),
        ),
    )


RULE = Rule(name="errors", title="Failing runs", propose=propose, needs=("usage",))
