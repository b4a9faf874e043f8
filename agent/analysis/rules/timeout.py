"""Timeouts so far above what runs take that a hanging run is paid for until the end."""

import math

from agent.analysis.finding import Change, Level, Proposal, Rule
from agent.analysis.profile import FunctionProfile

FAR_ABOVE = 10
PROPOSED_MULTIPLE = 3
SHORTEST_SECONDS = 10
# A hanging run is dear only from here on.
LEAST_TIMEOUT_SECONDS = 60


def propose(profile: FunctionProfile) -> Proposal | None:
    """Propose a timeout of three times p99 where it is more than ten times p99."""
    usage = profile.usage
    assert usage is not None
    if not usage.invocations or usage.p99_ms is None or profile.timeout_seconds < LEAST_TIMEOUT_SECONDS:
        return None
    if profile.timeout_seconds * 1_000 <= FAR_ABOVE * usage.p99_ms:
        return None
    target = max(SHORTEST_SECONDS, math.ceil(PROPOSED_MULTIPLE * usage.p99_ms / 1_000))
    return Proposal(
        title=f"A timeout of {profile.timeout_seconds:,} s for runs of {usage.p99_ms / 1_000:,.1f} s at p99",
        evidence={
            "Timeout": f"{profile.timeout_seconds:,} s",
            "p99 of the duration": f"{usage.p99_ms:,.0f} ms (the highest of any day)",
            "Average duration": f"{usage.average_ms:,.0f} ms",
        },
        change=Change(
            summary=f"Timeout {profile.timeout_seconds:,} → {target:,} s",
            cli=(
                f"aws lambda update-function-configuration --region {profile.region} "
                f"--function-name {profile.name} --timeout {target}"
            ),
            pulumi=f"aws.lambda_.Function.timeout = {target}",
        ),
        confidence=Level.HIGH,
        risk=Level.LOW,
        risk_reason="It saves nothing until a run hangs, and then its whole timeout. Leave it where long runs are due.",
        after=profile,
    )


RULE = Rule(name="timeout", title="Timeouts far above p99", propose=propose, needs=("usage",))
