"""Finds functions whose runs come near their timeout."""

from agent.analyst.analysis.finding import Answer, Level, Proposal, Rule
from agent.analyst.analysis.profile import FunctionProfile
from agent.analyst.rules import changes, missing, rates
from agent.analyst.rules.sizes import LONGEST_RUN_MULTIPLE, longest_seconds, rounded_up_seconds

PRESSURE_SHARE = 0.9


def propose(profile: FunctionProfile) -> Answer:
    """Propose more time where p99 is near the timeout. It saves nothing, but a run that times out is billed too."""
    usage, longest = profile.usage, longest_seconds(profile)
    if profile.timeout_seconds >= longest:
        return None
    if usage is None:
        return missing.USAGE
    if not usage.invocations:
        return None
    if usage.p99_ms is None:
        return missing.P99
    if usage.p99_ms < PRESSURE_SHARE * profile.timeout_seconds * 1_000:
        return None
    target = min(longest, rounded_up_seconds(LONGEST_RUN_MULTIPLE * profile.timeout_seconds))
    return Proposal(
        title=f"Runs of {usage.p99_ms / 1_000:,.1f} s at p99 for a timeout of {profile.timeout_seconds:,} s",
        evidence={
            "Timeout": f"{profile.timeout_seconds:,} s",
            "p99 of the duration": f"{usage.p99_ms:,.0f} ms (the highest of any day)",
            "Longest run": "not known" if usage.longest_ms is None else f"{usage.longest_ms:,.0f} ms",
            "Errors": rates.a_month(profile, usage.errors),
            "Invocations": rates.a_month(profile, usage.invocations),
        },
        change=changes.of_function(
            profile,
            summary=f"Timeout {profile.timeout_seconds:,} → {target:,} s, and find what takes so long",
            options=f"--timeout {target}",
            undo=f"--timeout {profile.timeout_seconds}",
            pulumi=f"aws.lambda_.Function.timeout = {target}",
        ),
        confidence=Level.HIGH,
        risk=Level.LOW,
        risk_reason=(
            "A run that times out is billed and is often repeated. More time does not help callers that give up "
            "sooner, for example API Gateway or a queue with a shorter visibility timeout."
        ),
        effort=Level.MEDIUM,
        after=profile,
    )


RULE = Rule(name="timeout-pressure", title="Runs near their timeout", propose=propose, updates_function=True)
