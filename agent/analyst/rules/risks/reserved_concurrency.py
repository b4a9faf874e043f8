"""Finds functions that reserve far more concurrency than they use, which other functions then lack.

What one function reserves is taken from the account's limit in the region, which all functions share.
"""

import math

from agent.analyst.analysis.finding import Answer, Level, Proposal, Rule
from agent.analyst.analysis.profile import FunctionProfile
from agent.analyst.rules import changes, missing

# A smaller part of the account's limit matters only where the other functions need what is left.
MIN_SHARE = 0.1
SCARCE_SHARE = 0.8
FAR_ABOVE = 5
# What is left above the observed peak.
HEADROOM = 2
STEP = 10


def propose(profile: FunctionProfile) -> Answer:
    """Propose twice the observed peak. Reserved concurrency is free, but no other function can use it."""
    usage, reserved = profile.usage, profile.reserved_concurrency
    if not reserved:
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
    region = profile.surroundings
    if region is None or region.concurrency_limit is None or region.unreserved_concurrency is None:
        return missing.CONCURRENCY_LIMIT
    limit, left, used = region.concurrency_limit, region.unreserved_concurrency, region.unreserved_peak
    scarce = used is not None and used >= SCARCE_SHARE * left
    if reserved - enough < MIN_SHARE * limit and not scarce:
        return None
    return Proposal(
        title=f"Reserves {reserved:,} of the account's {limit:,} instances and uses {usage.peak_concurrency:,} at most",
        evidence={
            "Reserved concurrency": f"{reserved:,}",
            "Most instances at once": f"{usage.peak_concurrency:,}",
            "Provisioned concurrency": f"{provisioned:,}",
            "Left for functions without a reservation": f"{left:,}",
            "Most of these in use at once": "not known" if used is None else f"{used:,}",
        },
        change=changes.of_reserved_concurrency(profile, enough),
        confidence=Level.HIGH if scarce else Level.MEDIUM,
        risk=Level.MEDIUM,
        risk_reason="A rare peak, such as a yearly sale, may need what is reserved: ask its owner."
        + (" The other functions have used nearly all that is left for them." if scarce else ""),
        effort=Level.LOW,
        after=profile,
    )


RULE = Rule(name="reserved-concurrency", title="Reserved concurrency far above the peak", propose=propose)
