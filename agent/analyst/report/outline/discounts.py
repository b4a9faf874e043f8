"""What the account really pays for Lambda, in addition to the report's list prices."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from agent.analyst.analysis.facts.account import Discounts, EffectiveRate
from agent.analyst.report.document import usd

_DURATION = "Lambda-GB-Second"


def sentences(discounts: Discounts | None) -> Sequence[str]:
    """Return what was read of the account's discounts; nothing if it was not read."""
    if discounts is None:
        return ()
    return (
        *(_rates(discounts.rates) if discounts.rates else ()),
        *(_plans(discounts) if discounts.savings_plans else ()),
    )


def _rates(rates: Sequence[EffectiveRate]) -> Sequence[str]:
    paid = sum((rate.usd for rate in rates), Decimal(0))
    by_second = [
        f"${rate.per_unit:.10f} for {rate.usage_type}"
        for rate in rates
        if _DURATION in rate.usage_type and rate.per_unit is not None
    ]
    each = f" That is {', '.join(by_second)}." if by_second else ""
    return [
        f"In the time of observation the account paid {usd(paid)} for Lambda in these regions, by Cost Explorer: net "
        f"and amortised, after the free tier, Savings Plans and discounts.{each}"
    ]


def _plans(discounts: Discounts) -> Sequence[str]:
    plans = discounts.savings_plans or ()
    hourly = sum((plan.hourly_usd for plan in plans), Decimal(0))
    return [
        f"The account has {len(plans):,} active Savings Plan{'s' * (len(plans) != 1)} of type Compute, with a "
        f"commitment of {usd(hourly)} an hour. As long as the account uses less than that, a saving lowers no bill."
    ]
