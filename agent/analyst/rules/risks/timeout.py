"""Finds timeouts far above the duration of runs: a run that hangs is billed until its timeout."""

from agent.analyst.analysis.finding import Answer, Level, Proposal, Rule, Undecided
from agent.analyst.analysis.profile import FunctionProfile
from agent.analyst.rules import changes, missing, rates
from agent.analyst.rules.sizes import LONGEST_RUN_MULTIPLE, rounded_up_seconds

FAR_ABOVE = 10
# The proposed timeout is at least this multiple of p99.
P99_MULTIPLE = 3
SHORTEST_SECONDS = 10
# A proposal above this share of the current timeout gains too little for its risk.
WORTHWHILE_SHARE = 0.5
# Below this timeout a hanging run is cheap.
MIN_TIMEOUT_SECONDS = 60
# With fewer runs, the longest one may not show how long a run can take.
MIN_RUNS = 1_000


def propose(profile: FunctionProfile) -> Answer:
    """Propose a timeout that leaves every observed run half of its duration as headroom."""
    usage = profile.usage
    if profile.timeout_seconds < MIN_TIMEOUT_SECONDS:
        return None
    if usage is None:
        return missing.USAGE
    if not usage.invocations:
        return None
    if usage.p99_ms is None:
        return missing.P99
    if profile.timeout_seconds * 1_000 <= FAR_ABOVE * usage.p99_ms:
        return None
    if usage.longest_ms is None:
        return Undecided(reason="CloudWatch has no duration of its longest run", missing="usage.longest_ms")
    target = rounded_up_seconds(
        max(SHORTEST_SECONDS, P99_MULTIPLE * usage.p99_ms / 1_000, LONGEST_RUN_MULTIPLE * usage.longest_ms / 1_000)
    )
    if target > WORTHWHILE_SHARE * profile.timeout_seconds:
        return None
    few = usage.invocations < MIN_RUNS
    return Proposal(
        title=f"A timeout of {profile.timeout_seconds:,} s for runs of {usage.p99_ms / 1_000:,.1f} s at p99",
        evidence={
            "Timeout": f"{profile.timeout_seconds:,} s",
            "Invocations": rates.a_month(profile, usage.invocations),
            "Longest run": f"{usage.longest_ms:,.0f} ms",
            "p99 of the duration": f"{usage.p99_ms:,.0f} ms (the highest of any day)",
            "Average duration": f"{usage.average_ms:,.0f} ms",
        },
        change=changes.of_function(
            profile,
            summary=f"Timeout {profile.timeout_seconds:,} → {target:,} s",
            options=f"--timeout {target}",
            undo=f"--timeout {profile.timeout_seconds}",
            pulumi=f"aws.lambda_.Function.timeout = {target}",
        ),
        confidence=Level.LOW if few else Level.HIGH,
        risk=Level.MEDIUM if few else Level.LOW,
        risk_reason="It saves money only when a run hangs. Keep the timeout if longer runs are expected."
        + (" So few runs may not show how long a run can take." if few else ""),
        effort=Level.LOW,
        after=profile,
    )


RULE = Rule(
    name="timeout",
    title="Timeouts far above p99",
    propose=propose,
    by_duration=True,
    updates_function=True,
)
