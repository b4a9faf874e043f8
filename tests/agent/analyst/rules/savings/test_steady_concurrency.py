from dataclasses import replace
from decimal import Decimal

import pytest

from agent.analyst.analysis.finding import Level, Undecided
from agent.analyst.analysis.profile import Architecture, ProvisionedConcurrency
from tests.agent.analyst.analysis.profiles import answer, finding, healthy, proposal, savings, used

# 365 hours are 1,314,000 s: 10.5 instances on average, 12 at most.
STEADY = healthy(usage=used(duration_ms=13_797_000_000.0, peak_concurrency=12, async_events=0))


def test_as_many_instances_as_are_busy_on_average_are_provisioned():
    # 10 of 12: at least 833,333 of 1,000,000 runs, so 22,994,990.8 of 27,594,000 GB-s a month.
    # On demand they cost x 0.0000133334 = 306.601410; provisioned x 0.0000077778 = 178.850439.
    # 10 instances x 2,628,000 s x 0.0000033334 = 87.601752. 306.601410 - 178.850439 - 87.601752 = 40.149219
    assert savings(STEADY) == {"steady-concurrency": Decimal("40.14")}
    found = finding(STEADY, "steady-concurrency").proposal
    assert found.change.summary == "Provisioned concurrency 0 → 10"
    # If the load never changes, they serve 10 of 10.5: 26,280,000 GB-s x (0.0000133334 - 0.0000077778) - 87.601752 =
    # 58.399416, and a little less because runs are counted whole.
    assert finding(STEADY, "steady-concurrency").bounds == (Decimal("40.14"), Decimal("58.39"))
    assert found.evidence["Share of the time that the proposed instances are busy"] == "88% at least"


@pytest.mark.parametrize(
    ("duration_ms", "peak"),
    [
        (1_313_000_000.0, 1),  # less than one instance
        (13_797_000_000.0, 15),  # 70% of the peak
        (13_797_000_000.0, 9),  # the measurements contradict each other
    ],
)
def test_an_uneven_or_small_load_stays_on_demand(duration_ms, peak):
    usage = used(duration_ms=duration_ms, peak_concurrency=peak)
    assert proposal("steady-concurrency", healthy(usage=usage)) is None


@pytest.mark.parametrize(
    "changes",
    [
        {"provisioned": (ProvisionedConcurrency(qualifier="live", units=1, peak_utilization=1.0),)},
        {"snap_start": True},
    ],
)
def test_functions_with_provisioned_concurrency_or_snapstart_are_kept(changes):
    assert proposal("steady-concurrency", replace(STEADY, **changes)) is None


def test_without_a_peak_it_is_undecided():
    unknown = replace(STEADY, usage=replace(STEADY.usage, peak_concurrency=None))
    assert answer("steady-concurrency", unknown) == Undecided(
        reason="CloudWatch has no number of its instances", missing="usage.peak_concurrency"
    )


def test_a_possible_lambda_at_edge_function_has_low_confidence():
    assert proposal("steady-concurrency", STEADY).confidence is Level.MEDIUM
    edge = replace(STEADY, architecture=Architecture.X86_64, has_versions=True)
    assert proposal("steady-concurrency", edge).confidence is Level.LOW
