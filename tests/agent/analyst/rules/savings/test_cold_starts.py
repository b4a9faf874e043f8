from dataclasses import replace
from decimal import Decimal

import pytest

from agent.analyst.analysis.facts.use import InitUse
from agent.analyst.analysis.finding import Category, Undecided
from agent.analyst.analysis.prices import Meter
from agent.analyst.analysis.profile import PackageType
from tests.agent.analyst.analysis.profiles import RATES, answer, finding, healthy, proposal, savings, used

# Every tenth run starts cold and takes 6 s for it: 200,000 a month, 1,200,000 s of 1 GB, beside 2,000,000 s of runs.
COLD = InitUse(reports=200, cold_starts=20, init_ms=6_000.0)


def test_other_runtimes_are_advised_to_do_less_before_the_first_run():
    found = finding(healthy(init=COLD, code_bytes=40 * 1024**2, layers_bytes=(20 * 1024**2,)), "cold-starts")
    assert (found.category, found.saving) == (Category.ADVICE, Decimal("0.00"))
    # 1,200,000 GB-s x 0.0000133334
    assert found.proposal.evidence["Wasted"].startswith("$16.00 a month: (3,200,000 − 2,000,000) GB-s")  # noqa: RUF001
    assert found.proposal.evidence["Code and layers"] == "60.0 MB"
    assert found.proposal.change.cli.startswith("aws logs start-query")


def test_snapstart_is_called_more_expensive_for_python_and_is_not_mentioned_for_nodejs():
    assert "faster, but not cheaper" in proposal("cold-starts", healthy(init=COLD)).risk_reason
    node = healthy(runtime="nodejs24.x", init=COLD)
    image = healthy(runtime=None, package_type=PackageType.IMAGE, init=COLD)
    for other in (node, image):
        assert "SnapStart" not in proposal("cold-starts", other).risk_reason


def test_a_restored_snapshot_costs_more_than_the_longest_initialisation_on_arm64():
    restore = RATES[Meter.SNAPSTART_RESTORE]
    assert round(restore / RATES[Meter.DURATION_X86], 1) == Decimal("8.4")
    assert round(restore / RATES[Meter.DURATION_ARM], 1) == Decimal("10.5")


@pytest.mark.parametrize(
    "init",
    [
        replace(COLD, cold_starts=0, init_ms=0.0),
        replace(COLD, init_ms=1_000.0),  # 200,000 s of 2,200,000 s: 9%
    ],
)
def test_a_small_share_is_not_found(init):
    assert proposal("cold-starts", healthy(init=init)) is None


def test_a_small_amount_is_not_found():
    # 59,999 of 600,000 GB-s would be needed: 6,000 runs x 10 s x 1 GB is the most that can be.
    seldom = healthy(usage=used(invocations=2_999, duration_ms=1_000.0), init=None)
    assert proposal("cold-starts", seldom) is None


@pytest.mark.parametrize(
    ("init", "reason", "missing"),
    [
        (None, "its cold starts were not sampled or could not be read", "init"),
        (replace(COLD, reports=19), "fewer than 20 REPORT lines were found", "init.reports"),
    ],
)
def test_without_a_sample_it_is_undecided(init, reason, missing):
    assert answer("cold-starts", healthy(init=init)) == Undecided(reason=reason, missing=missing)


def test_smaller_memory_makes_initialisations_longer():
    # As in the test of the rule memory-excess: 512 MB, 1.5 times as long. Runs: 500,000 GB-s less. Initialisations:
    # 200,000 x 0.5 s x 1 GB = 100,000 GB-s before, x 1.5 x 0.5 = 75,000 after. 525,000 x 0.0000133334 = 7.000035
    large = healthy(memory=replace(healthy().memory, peak_mb=300), init=replace(COLD, init_ms=500.0))
    assert savings(large) == {"memory-excess": Decimal("7.00")}
