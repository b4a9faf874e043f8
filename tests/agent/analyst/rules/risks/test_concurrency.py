import pytest

from agent.analyst.analysis.finding import Category, Undecided
from agent.analyst.analysis.profile import ProvisionedConcurrency
from tests.agent.analyst.analysis.profiles import answer, finding, healthy, proposal, used


@pytest.mark.parametrize(
    ("reserved", "peak", "units", "summary"),
    [
        (500, 9, 0, "Reserved concurrency 500 → 20"),
        (1_000, 200, 0, "Reserved concurrency 1,000 → 400"),
        (500, 9, 80, "Reserved concurrency 500 → 80"),  # provisioned concurrency must fit
        (100, 21, 0, None),  # a fifth is used
        (99, 1, 0, None),  # takes little from the others
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
