"""The formula of a saving, as text for evidence and reports."""

from __future__ import annotations

from decimal import Decimal

from agent.analyst.analysis.prices import PriceTable, Rates, Volumes

# A formula leaves out terms that change the saving by less than a hundredth of a cent.
_NEGLIGIBLE = Decimal("0.0001")
_WHOLE_UNITS = 10_000
# AWS's prices have ten decimals at most.
_SMALLEST_RATE = Decimal("1e-10")
_TIMES = "\N{MULTIPLICATION SIGN}"
_MINUS = "\N{MINUS SIGN}"


def of_saving(before: Volumes, after: Volumes, rates: Rates, table: PriceTable) -> str:
    """Write how a saving is computed: each meter that changes the bill, with its units and its rate.

    A rate that is not the price of a tier is marked as the average of the tiers that all changes of a rule cross.

    Args:
        before: Units in a month without the change.
        after: Units in a month with the change.
        rates: USD per unit of each meter.
        table: The region's prices.
    """
    terms: list[str] = []
    for meter, rate in rates.items():
        had, has = before.get(meter, Decimal(0)), after.get(meter, Decimal(0))
        if abs(had - has) * rate < _NEGLIGIBLE:
            continue
        units = f"({_units(had)} {_MINUS} {_units(has)})" if had and has else _units(had or has)
        sign = _MINUS if not had else "+"
        average = "" if rate in {tier.usd for tier in table.tiers[meter]} else " (average of its tiers)"
        terms.append(f"{sign} {units} {meter.unit} {_TIMES} ${_rate(rate)} for {meter.value}{average}")
    return " ".join(terms).removeprefix("+ ")


def _rate(usd: Decimal) -> str:
    return f"{usd.quantize(_SMALLEST_RATE).normalize():f}"


def _units(volume: Decimal) -> str:
    """Format a volume: whole units where it is large, three decimals elsewhere."""
    return f"{volume:,.0f}" if volume >= _WHOLE_UNITS else f"{volume:,.3f}"
