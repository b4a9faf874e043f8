from decimal import Decimal

from agent.analyst.analysis.facts.account import Discounts, EffectiveRate, SavingsPlan
from agent.analyst.report.outline import discounts
from tests.agent.analyst.account.everything import everything


def test_the_rate_that_the_account_pays_is_named_beside_list_prices() -> None:
    request = EffectiveRate(usage_type="Request", quantity=Decimal(1_000_000), unit="Requests", usd=Decimal("0.15"))
    rates = (*(everything().discounts.rates or ()), request)
    [sentence] = discounts.sentences(Discounts(rates=rates))
    # $11.1 for 1,000,000 GB-seconds, and $0.15 for requests
    assert "the account paid $11.25 for Lambda" in sentence
    assert sentence.endswith("That is $0.0000111000 for Lambda-GB-Second-ARM.")


def test_savings_plans_are_named_because_they_decide_what_a_saving_lowers() -> None:
    plan = SavingsPlan(hourly_usd=Decimal("0.5"), ends="2027-01-01T00:00:00Z")
    [one] = discounts.sentences(Discounts(savings_plans=(plan,)))
    assert "1 active Savings Plan of type Compute, with a commitment of $0.50 an hour" in one
    [two] = discounts.sentences(Discounts(savings_plans=(plan, plan)))
    assert "2 active Savings Plans of type Compute, with a commitment of $1.00 an hour" in two


def test_nothing_is_said_about_discounts_that_were_not_read_or_do_not_exist() -> None:
    assert list(discounts.sentences(None)) == []
    assert list(discounts.sentences(Discounts(rates=None, savings_plans=None))) == []
    assert list(discounts.sentences(Discounts(rates=(), savings_plans=()))) == []
