"""Finds functions that reserve far more concurrency than they use, which other functions then lack."""

import math

from agent.analyst.analysis.finding import Answer, Level, Proposal, Rule
from agent.analyst.analysis.profile import FunctionProfile
from agent.analyst.rules import changes, missing

# A small reservation takes little from the account's 1,000 instances.
MIN_RESERVED = 100
FAR_ABOVE = 5
# What is left above the observed peak.
HEADROOM = 2
STEP = 10


def propose(profile: FunctionProfile) -> Answer:
    """Propose twice the observed peak. Reserved concurrency is free, but no other function can use it."""
    usage, reserved = profile.usage, profile.reserved_concurrency
    if not reserved or reserved < MIN_RESERVED:
        return None
    if usage is None:
        return missing.USAGE
    if not usage.invocations:
        return None
    if usage.peak_concurrency is None:
        return missing.PEAK_CONCURRENCY
    provisioned = sum(one.units for one in profile.provisioned or ())
    enough = max(STEP * math.ceil(HEADROOM * usage.peak_concurrency / STEP), provisioned)
    if usage.throttles or reserved < FAR_ABOVE * usage.peak_concurrency or enough >= reserved:
        return None
    return Proposal(
        title=f"Reserves {reserved:,} instances and uses {usage.peak_concurrency:,} at most",
        evidence={
            "Reserved concurrency": f"{reserved:,}",
            "Most instances at once": f"{usage.peak_concurrency:,}",
            "Provisioned concurrency": f"{provisioned:,}",
        },
        change=changes.of_reserved_concurrency(profile, enough),
        confidence=Level.MEDIUM,
        risk=Level.MEDIUM,
        risk_reason="A rare peak, such as a yearly sale, may need what is reserved: ask its owner.",
        effort=Level.LOW,
        after=profile,
    )


RULE = Rule(name="reserved-concurrency", title="Reserved concurrency far above the peak", propose=propose)
