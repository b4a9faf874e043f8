"""Timeouts so far above what runs take that a hanging run is paid for until the end."""

import math

from agent.analyst.analysis.finding import Level, Proposal, Rule
from agent.analyst.analysis.profile import FunctionProfile
from agent.analyst.rules import changes

FAR_ABOVE = 10
# What is proposed, of p99 and of the longest run: the greater of both.
P99_MULTIPLE = 3
LONGEST_MULTIPLE = 1.5
SHORTEST_SECONDS = 10
# A proposal above this share of the present timeout gains too little for its risk.
WORTHWHILE_SHARE = 0.5
# A hanging run is dear only from here on.
LEAST_TIMEOUT_SECONDS = 60
# The longest of fewer runs says little of how long a run may take.
FEWEST_RUNS = 1_000


def propose(profile: FunctionProfile) -> Proposal | None:
    """Propose a timeout that every run so far would have met with half as much again to spare."""
    usage = profile.usage
    assert usage is not None
    if not usage.invocations or usage.p99_ms is None or usage.longest_ms is None:
        return None
    if profile.timeout_seconds < LEAST_TIMEOUT_SECONDS or profile.timeout_seconds * 1_000 <= FAR_ABOVE * usage.p99_ms:
        return None
    target = rounded_up(
        max(SHORTEST_SECONDS, P99_MULTIPLE * usage.p99_ms / 1_000, LONGEST_MULTIPLE * usage.longest_ms / 1_000)
    )
    if target > WORTHWHILE_SHARE * profile.timeout_seconds:
        return None
    few = usage.invocations < FEWEST_RUNS
    return Proposal(
        title=f"A timeout of {profile.timeout_seconds:,} s for runs of {usage.p99_ms / 1_000:,.1f} s at p99",
        evidence={
            "Timeout": f"{profile.timeout_seconds:,} s",
            "Invocations": f"{usage.invocations:,}",
            "Longest run": f"{usage.longest_ms:,.0f} ms",
            "p99 of the duration": f"{usage.p99_ms:,.0f} ms (the highest of any day)",
            "Average duration": f"{usage.average_ms:,.0f} ms",
        },
        change=changes.of_function(
            profile,
            summary=f"Timeout {profile.timeout_seconds:,} → {target:,} s",
            options=f"--timeout {target}",
            pulumi=f"aws.lambda_.Function.timeout = {target}",
        ),
        confidence=Level.LOW if few else Level.HIGH,
        risk=Level.MEDIUM if few else Level.LOW,
        risk_reason="It saves nothing until a run hangs, and then its whole timeout. Leave it where long runs are due."
        + (" So few runs may not have shown how long one can take." if few else ""),
        after=profile,
    )


def rounded_up(seconds: float) -> int:
    """To a timeout that somebody would choose: whole fives up to a minute, half minutes above."""
    step = 5 if seconds <= 60 else 30
    return math.ceil(seconds / step) * step


RULE = Rule(
    name="timeout",
    title="Timeouts far above p99",
    propose=propose,
    needs=("usage",),
    by_duration=True,
    updates_function=True,
)
