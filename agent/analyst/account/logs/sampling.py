"""Chooses the functions whose memory use is sampled."""

from __future__ import annotations

from collections.abc import Mapping

from agent.analyst.account.reading import Reading
from agent.analyst.analysis import cost
from agent.analyst.analysis.estate import Gap
from agent.analyst.analysis.prices import PriceTable
from agent.analyst.analysis.profile import FunctionProfile
from agent.analyst.analysis.thresholds import MIN_OPPORTUNITY_USD

# REPORT lines are read for the most expensive functions only: CloudWatch answers five such requests a second.
MAX_SAMPLED = 200


def most_expensive(
    profiles: Mapping[str, FunctionProfile], tables: Mapping[str, PriceTable], reading: Reading
) -> list[FunctionProfile]:
    """Return the functions that ran, the most expensive first, at most `MAX_SAMPLED`.

    A function beyond that number becomes a gap, unless it costs too little to offer an opportunity.

    Args:
        profiles: All functions, by key.
        tables: The price table of each region.
        reading: Takes the gaps.
    """
    rates = {region: table.average_rates({}) for region, table in tables.items()}
    costs = {
        profile.key: cost.priced(cost.volumes(profile), rates[profile.region])
        for profile in profiles.values()
        if profile.usage and profile.usage.invocations
    }
    ordered = sorted(costs, key=lambda key: (-costs[key], key))
    for key in ordered[MAX_SAMPLED:]:
        if costs[key] >= MIN_OPPORTUNITY_USD:
            reading.add(
                Gap(
                    source="logs:FilterLogEvents",
                    region=profiles[key].region,
                    reason=f"only the {MAX_SAMPLED} most expensive functions are sampled",
                    effect="the memory size of the others is not judged",
                ),
                [profiles[key].name],
            )
    return [profiles[key] for key in ordered[:MAX_SAMPLED]]
