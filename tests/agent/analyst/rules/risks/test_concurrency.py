from dataclasses import replace

import pytest

from agent.analyst.analysis.finding import Category, Level, Undecided
from agent.analyst.analysis.profile import ProvisionedConcurrency
from tests.agent.analyst.analysis.profiles import ROOMY_REGION, answer, finding, healthy, proposal, used


@pytest.mark.parametrize(
    ("reserved", "peak", "units", "summary"),
    [
        (500, 9, 0, "Reserved concurrency 500 → 20"),
        (600, 120, 0, "Reserved concurrency 600 → 240"),
        (500, 9, 80, "Reserved concurrency 500 → 80"),  # provisioned concurrency must fit
        (100, 21, 0, None),  # a fifth is used
        (109, 1, 0, None),  # 99 of 1,000 instances: takes little from the others
        (110, 1, 0, "Reserved concurrency 110 → 10"),
        (500, 9, 500, None),
        (None, 9, 0, None),
    ],
)
def test_a_reservation_far_above_the_peak_is_advice(reserved, peak, units, summary):
    provisioned = (ProvisionedConcurrency(qualifier="live", units=units, peak_utilization=1.0),) if units else ()
    profile = healthy(reserved_concurrency=reserved, usage=used(peak_concurrency=peak), provisioned=provisioned)
    if summary is None:
        assert proposal("reserved-concurrency", profile) is None
    else:
        found = finding(profile, "reserved-concurrency")
        assert found.category is Category.ADVICE
        assert found.proposal.change.summary == summary


def reserving(reserved, **region):
    changed = replace(ROOMY_REGION, **region)
    return healthy(reserved_concurrency=reserved, usage=used(peak_concurrency=4), surroundings=changed)


@pytest.mark.parametrize(("limit", "found"), [(900, True), (901, False)])
def test_the_part_of_the_account_s_limit_decides(limit, found):
    # 100 reserved, 10 enough: 90 freed are 10% of 900.
    assert (proposal("reserved-concurrency", reserving(100, concurrency_limit=limit)) is not None) == found


@pytest.mark.parametrize(
    ("peak", "confidence"),
    [(319, None), (320, Level.HIGH), (None, None)],  # 80% of the 400 that are left
)
def test_a_small_reservation_matters_where_the_other_functions_need_the_rest(peak, confidence):
    proposed = proposal("reserved-concurrency", reserving(50, unreserved_peak=peak))
    assert (proposed.confidence if proposed else None) == confidence


def test_the_evidence_names_what_is_left_for_the_other_functions():
    proposed = proposal("reserved-concurrency", reserving(500))
    assert proposed.title == "Reserves 500 of the account's 1,000 instances and uses 4 at most"
    assert proposed.evidence["Left for functions without a reservation"] == "400"
    assert proposed.evidence["Most of these in use at once"] == "200"
    assert proposed.confidence is Level.MEDIUM
    unknown = proposal("reserved-concurrency", reserving(500, unreserved_peak=None))
    assert unknown.evidence["Most of these in use at once"] == "not known"


@pytest.mark.parametrize("region", [None, replace(ROOMY_REGION, concurrency_limit=None, unreserved_concurrency=None)])
def test_a_reservation_is_undecided_where_the_limit_is_not_known(region):
    profile = replace(reserving(500), surroundings=region)
    assert answer("reserved-concurrency", profile) == Undecided(
        reason="the account's limit of concurrent executions could not be read",
        missing="surroundings.concurrency_limit",
    )


@pytest.mark.parametrize(
    ("left", "wanted"),
    [
        (140, None),  # 80 → 120: 100 are left
        (139, "1,001"),
    ],
)
def test_more_is_reserved_only_after_the_limit_allows_it(left, wanted):
    region = replace(ROOMY_REGION, unreserved_concurrency=left)
    throttled = healthy(reserved_concurrency=80, usage=used(throttles=7, peak_concurrency=80), surroundings=region)
    *before, command = proposal("throttling", throttled).change.cli.splitlines()
    assert command.endswith("--reserved-concurrent-executions 120")
    assert [line.split()[-1].rstrip(".") for line in before] == ([wanted] if wanted else [])
    assert all(line.startswith("# AWS keeps 100 instances") for line in before)


def test_a_throttled_function_keeps_its_reservation():
    throttled = healthy(reserved_concurrency=500, usage=used(peak_concurrency=9, throttles=1))
    assert proposal("reserved-concurrency", throttled) is None


def test_a_reservation_without_a_measured_peak_is_undecided():
    assert answer(
        "reserved-concurrency", healthy(reserved_concurrency=500, usage=used(peak_concurrency=None))
    ) == Undecided(reason="CloudWatch has no number of its instances", missing="usage.peak_concurrency")


def test_a_function_that_may_recurse_is_advice():
    found = finding(healthy(may_recurse=True), "recursion")
    assert found.category is Category.ADVICE
    assert found.proposal.change.cli.endswith("--recursive-loop Terminate")
    assert proposal("recursion", healthy(may_recurse=False)) is None
    assert proposal("recursion", healthy(may_recurse=None)) is None
