"""Chooses the functions whose memory use is sampled."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from agent.analyst.account.reading import Reading
from agent.analyst.analysis import cost
from agent.analyst.analysis.estate import Facts, Gap
from agent.analyst.analysis.profile import FunctionProfile
from agent.analyst.analysis.thresholds import MIN_OPPORTUNITY_USD

# REPORT lines are read for the most expensive functions only: CloudWatch answers five such requests a second.
MAX_SAMPLED = 200


def monthly_costs(facts: Facts) -> Mapping[str, Decimal]:
    """Return the cost of each function by its key, in USD a month at list prices, as far as it has been read."""
    rates = {region: table.average_rates({}) for region, table in facts.tables().items()}
    return {profile.key: cost.priced(cost.volumes(profile), rates[profile.region]) for profile in facts.profiles}


def most_expensive(facts: Facts, reading: Reading) -> list[FunctionProfile]:
    """Return the functions that ran, the most expensive first, at most `MAX_SAMPLED`.

    A function beyond that number becomes a gap, unless it costs too little to offer an opportunity.
    """
    costs = monthly_costs(facts)
    ran = [profile for profile in facts.profiles if profile.usage and profile.usage.invocations]
    ordered = sorted(ran, key=lambda profile: (-costs[profile.key], profile.key))
    for profile in ordered[MAX_SAMPLED:]:
        if costs[profile.key] >= MIN_OPPORTUNITY_USD:
            reading.add(
                Gap(
                    source="logs:FilterLogEvents",
                    region=profile.region,
                    reason=f"only the {MAX_SAMPLED} most expensive functions are sampled",
                    effect="the memory size of the others is not judged",
                ),
                [profile.name],
            )
    return ordered[:MAX_SAMPLED]
