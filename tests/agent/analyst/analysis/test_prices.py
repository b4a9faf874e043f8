from decimal import Decimal

import pytest

from agent.analyst.analysis import prices
from agent.analyst.analysis.prices import Meter

TABLE = prices.for_region("us-east-1")
BILLION = Decimal(10**9)


def test_a_small_account_pays_the_first_tier():
    assert TABLE.average_rates({})[Meter.DURATION_X86] == Decimal("0.0000166667")


def test_a_large_account_is_billed_by_tier():
    # 6 billion at 0.0000166667 + 9 billion at 0.000015 + 5 billion at 0.0000133334 = 100,000.2 + 135,000 + 66,667
    average = TABLE.average_rates({Meter.DURATION_X86: 20 * BILLION})[Meter.DURATION_X86]
    assert average * 20 * BILLION == pytest.approx(Decimal("301667.2"))


def between(low, high, meter=Meter.DURATION_X86):
    return TABLE.rates_between({meter: low}, {meter: high})[meter]


def test_a_small_reduction_saves_at_the_rate_of_the_last_tier():
    assert between(20 * BILLION, 19 * BILLION) == Decimal("0.0000133334")
    assert between(8 * BILLION, 7_900_000_000, Meter.DURATION_ARM) == Decimal("0.0000120001")


def test_a_reduction_across_tiers_saves_at_their_average_rate():
    # 20 to 5 billion: 5 billion at 0.0000133334 + 9 billion at 0.000015 + 1 billion at 0.0000166667
    assert between(20 * BILLION, 5 * BILLION) * 15 * BILLION == pytest.approx(Decimal("218333.70"))
    assert between(5 * BILLION, 20 * BILLION) == between(20 * BILLION, 5 * BILLION)


def test_a_meter_that_does_not_change_has_the_price_of_its_last_unit():
    assert between(6 * BILLION, 6 * BILLION) == Decimal("0.0000166667")
    assert between(7 * BILLION, 7 * BILLION) == Decimal("0.000015")


@pytest.mark.parametrize("volume", [Decimal(1), 6 * BILLION, 7 * BILLION, 15 * BILLION, 40 * BILLION])
def test_the_last_unit_never_costs_more_than_the_average_one(volume):
    for meter in Meter:
        assert between(volume - 1, volume, meter) <= TABLE.average_rates({meter: volume})[meter]


def test_every_table_prices_every_meter():
    for table in prices.TABLES.values():
        assert set(table.tiers) == set(Meter)
        assert all(tiers[0].above == 0 for tiers in table.tiers.values())


def test_an_unknown_region_borrows_prices_and_marks_them():
    assert prices.for_region("us-west-2").borrowed == frozenset()
    assert prices.for_region("eu-central-1").borrowed == set(Meter) - {
        Meter.REQUESTS,
        Meter.DURATION_X86,
        Meter.DURATION_ARM,
    }
    unknown = prices.for_region("mars-north-1")
    assert unknown.region == "mars-north-1"
    assert unknown.borrowed == set(Meter)
