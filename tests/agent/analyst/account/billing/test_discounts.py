import threading
from decimal import Decimal

import pytest

from agent.analyst.account.billing import discounts
from agent.analyst.account.reading import Reading
from agent.analyst.analysis.facts.account import EffectiveRate, SavingsPlan
from tests.agent.analyst.account.fakes import FakeClient, FakeClients, refusal
from tests.agent.analyst.analysis.profiles import HALF_A_MONTH


def group(usage_type, usd, quantity, currency="USD"):
    return {
        "Keys": [usage_type],
        "Metrics": {
            "NetAmortizedCost": {"Amount": usd, "Unit": currency},
            "UsageQuantity": {"Amount": quantity, "Unit": "Lambda-GB-Second"},
        },
    }


PLAN = {"commitment": "0.50000000", "currency": "USD", "end": "2027-01-01T00:00:00.000Z"}


def read(rates, plans=lambda **_: {"savingsPlans": [PLAN]}):
    asked = []
    reading = Reading(stop=threading.Event(), seconds=60, count_cost_queries=asked.append)
    clients = FakeClients(
        {"ce": FakeClient(get_cost_and_usage=rates), "savingsplans": FakeClient(describe_savings_plans=plans)}
    )
    found = discounts.read(clients, reading, HALF_A_MONTH, ["us-east-1", "eu-west-1"], "123456789012")
    return found, reading, clients, sum(asked)


def refusing(operation):
    def refuse(**_):
        raise refusal(operation)

    return refuse


def test_one_paid_request_returns_the_effective_rates_of_the_window():
    months = [
        {"Groups": [group("Lambda-GB-Second", "4.0", "300000"), group("Request", "0.1", "1000000")]},
        {"Groups": [group("Lambda-GB-Second", "1.0", "100000")]},
    ]
    found, reading, clients, asked = read(lambda **_: {"ResultsByTime": months})
    assert found.rates == (
        EffectiveRate(
            usage_type="Lambda-GB-Second", quantity=Decimal(400_000), unit="Lambda-GB-Second", usd=Decimal("5.0")
        ),
        EffectiveRate(usage_type="Request", quantity=Decimal(1_000_000), unit="Lambda-GB-Second", usd=Decimal("0.1")),
    )
    assert found.rates[0].per_unit == Decimal("0.0000125")
    assert found.savings_plans == (SavingsPlan(hourly_usd=Decimal("0.5"), ends="2027-01-01T00:00:00.000Z"),)
    assert asked == 1
    [(_, arguments)] = clients.get("ce", "us-east-1").requests
    assert arguments["TimePeriod"] == {"Start": f"{HALF_A_MONTH.start:%Y-%m-%d}", "End": f"{HALF_A_MONTH.end:%Y-%m-%d}"}
    assert {one["Dimensions"]["Key"] for one in arguments["Filter"]["And"]} == {"SERVICE", "REGION", "LINKED_ACCOUNT"}
    assert reading.gaps == ()


def test_a_rate_without_use_is_not_known():
    assert EffectiveRate(usage_type="x", quantity=Decimal(0), unit="", usd=Decimal(0)).per_unit is None


@pytest.mark.parametrize(
    ("rates", "plans", "source"),
    [
        (refusing("GetCostAndUsage"), lambda **_: {"savingsPlans": []}, "ce:GetCostAndUsage"),
        (lambda **_: {"ResultsByTime": []}, refusing("DescribeSavingsPlans"), "savingsplans:DescribeSavingsPlans"),
        (
            lambda **_: {"ResultsByTime": [{"Groups": [group("Request", "1", "1", currency="CNY")]}]},
            lambda **_: {"savingsPlans": []},
            "ce:GetCostAndUsage",
        ),
    ],
)
def test_a_refused_request_is_a_gap(rates, plans, source):
    found, reading, _, _ = read(rates, plans)
    assert [gap.source for gap in reading.gaps] == [source]
    assert (found.rates is None) is (source == "ce:GetCostAndUsage")
    assert (found.savings_plans is None) is (source != "ce:GetCostAndUsage")
