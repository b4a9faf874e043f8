"""Reads how the account's prices differ from list prices: one paid request to Cost Explorer, and the Savings Plans."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from agent.analyst.account.clients import Clients
from agent.analyst.account.reading import Reading
from agent.analyst.analysis.estate import Gap
from agent.analyst.analysis.facts.account import Discounts, EffectiveRate, SavingsPlan
from agent.analyst.analysis.profile import Window

# Both services have one endpoint, for all regions of the partition `aws`.
ENDPOINT = "us-east-1"
# A request to Cost Explorer costs a cent. Below this cost of an account no discount changes a decision.
MIN_MONTHLY_USD = Decimal(100)

_RATES_SOURCE = "ce:GetCostAndUsage"
_NOT_COMPARED = "list prices are not compared with what the account really pays"


def read(clients: Clients, reading: Reading, window: Window, regions: Sequence[str], account: str) -> Discounts:
    """Read the effective rates of a window and the active Savings Plans. What cannot be read becomes a gap."""
    return Discounts(
        rates=_rates(clients, reading, window, regions, account), savings_plans=_savings_plans(clients, reading)
    )


def _rates(
    clients: Clients, reading: Reading, window: Window, regions: Sequence[str], account: str
) -> tuple[EffectiveRate, ...] | None:
    reading.count_cost_queries(1)
    answer = reading.attempt(
        lambda: clients.get("ce", ENDPOINT).get_cost_and_usage(
            TimePeriod={"Start": f"{window.start:%Y-%m-%d}", "End": f"{window.end:%Y-%m-%d}"},
            Granularity="MONTHLY",
            Metrics=["NetAmortizedCost", "UsageQuantity"],
            GroupBy=[{"Type": "DIMENSION", "Key": "USAGE_TYPE"}],
            Filter={
                "And": [
                    {"Dimensions": {"Key": "SERVICE", "Values": ["AWS Lambda"]}},
                    {"Dimensions": {"Key": "REGION", "Values": list(regions)}},
                    {"Dimensions": {"Key": "LINKED_ACCOUNT", "Values": [account]}},
                ]
            },
        ),
        source=_RATES_SOURCE,
        region=ENDPOINT,
        effect=_NOT_COMPARED,
    )
    if answer is None:
        return None
    totals: dict[str, EffectiveRate] = {}
    # A window across the end of a month has two parts.
    for part in answer["ResultsByTime"]:
        for group in part["Groups"]:
            cost, usage = group["Metrics"]["NetAmortizedCost"], group["Metrics"]["UsageQuantity"]
            if cost["Unit"] != "USD":
                gap = Gap(
                    source=_RATES_SOURCE, region=ENDPOINT, reason=f"the bill is in {cost['Unit']}", effect=_NOT_COMPARED
                )
                reading.add(gap)
                return None
            usage_type = group["Keys"][0]
            before = totals.get(usage_type)
            totals[usage_type] = EffectiveRate(
                usage_type=usage_type,
                quantity=Decimal(usage["Amount"]) + (before.quantity if before else 0),
                unit=usage["Unit"],
                usd=Decimal(cost["Amount"]) + (before.usd if before else 0),
            )
    return tuple(sorted(totals.values(), key=lambda rate: (-rate.usd, rate.usage_type)))


def _savings_plans(clients: Clients, reading: Reading) -> tuple[SavingsPlan, ...] | None:
    answer = reading.attempt(
        lambda: clients.get("savingsplans", ENDPOINT).describe_savings_plans(
            states=["active"], filters=[{"name": "savings-plan-type", "values": ["Compute"]}]
        ),
        source="savingsplans:DescribeSavingsPlans",
        region=ENDPOINT,
        effect="whether Savings Plans lower the cost is not known",
    )
    if answer is None:
        return None
    return tuple(
        SavingsPlan(hourly_usd=Decimal(one["commitment"]), ends=one["end"])
        for one in answer["savingsPlans"]
        if one.get("currency") == "USD"
    )
