"""Finds functions that reject requests because they reach their reserved concurrency."""

import math

from agent.analyst.analysis.finding import Answer, Level, Proposal, Rule
from agent.analyst.analysis.profile import FunctionProfile
from agent.analyst.rules import changes, missing, rates

MORE = 1.5


def propose(profile: FunctionProfile) -> Answer:
    """Propose to reserve half as much again. A function with 0 reserved instances is switched off on purpose."""
    usage, reserved = profile.usage, profile.reserved_concurrency
    if usage is None:
        return missing.USAGE
    if not usage.throttles or not reserved:
        return None
    if usage.peak_concurrency is None:
        return missing.PEAK_CONCURRENCY
    if usage.peak_concurrency < reserved:
        return None
    more = math.ceil(MORE * reserved)
    return Proposal(
        title=f"Rejects requests at its limit of {reserved:,} instances",
        evidence={
            "Reserved concurrency": f"{reserved:,}",
            "Most instances at once": f"{usage.peak_concurrency:,}",
            "Throttles": rates.a_month(profile, usage.throttles),
            "Invocations": f"{rates.a_month(profile, usage.invocations)} in addition",
        },
        change=changes.of_reserved_concurrency(profile, more),
        confidence=Level.HIGH,
        risk=Level.MEDIUM,
        risk_reason=(
            "The limit may protect a service that the function calls, for example a database. Concurrency that is "
            "reserved for one function is not available to the others of the account."
        ),
        effort=Level.LOW,
        after=profile,
    )


RULE = Rule(name="throttling", title="Throttled at their own limit", propose=propose)
