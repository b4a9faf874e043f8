from dataclasses import replace
from decimal import Decimal

import pytest

from agent.analyst.analysis.finding import Level, Undecided
from agent.analyst.analysis.profile import Architecture, ProvisionedConcurrency
from tests.agent.analyst.analysis.profiles import (
    answer,
    finding,
    healthy,
    proposal,
    savings,
)


def test_unused_provisioned_concurrency_is_removed():
    unused = healthy(provisioned=(ProvisionedConcurrency(qualifier="live", units=10, peak_utilization=0.0),))
    # 10 x 2,628,000 GB-s x 0.0000033334 = 87.60175...
    assert savings(unused) == {"provisioned-concurrency": Decimal("87.60")}
    assert "delete-provisioned-concurrency-config" in finding(unused, "provisioned-concurrency").proposal.change.cli


def test_instances_above_the_peak_plus_a_tenth_are_removed():
    # A peak of 4 of 20, a tenth more is 4.4, so 5 stay: 15 x 2,628,000 x 0.0000033334 = 131.40262...
    large = ProvisionedConcurrency(qualifier="live", units=20, peak_utilization=0.2, invocations=900_000)
    assert savings(healthy(provisioned=(large,))) == {"provisioned-concurrency": Decimal("131.40")}


def test_the_assumption_mentions_schedules():
    unused = healthy(provisioned=(ProvisionedConcurrency(qualifier="live", units=10, peak_utilization=0.0),))
    proposed = proposal("provisioned-concurrency", unused)
    assert proposed.confidence is Level.MEDIUM
    assert "schedule" in proposed.assumption


def test_the_saving_uses_the_memory_size_of_the_version():
    # 10 x 0.5 GB x 2,628,000 s x 0.0000041667 = 54.75043...
    old = ProvisionedConcurrency(
        qualifier="7", units=10, peak_utilization=0.0, memory_mb=512, architecture=Architecture.X86_64
    )
    assert savings(healthy(provisioned=(old,))) == {"provisioned-concurrency": Decimal("54.75")}


def test_used_provisioned_concurrency_is_kept():
    busy = ProvisionedConcurrency(qualifier="live", units=10, peak_utilization=0.95, invocations=900_000)
    assert proposal("provisioned-concurrency", healthy(provisioned=(busy,))) is None


UNMEASURED = ProvisionedConcurrency(qualifier="live", units=10, peak_utilization=None)
CONTRADICTORY = replace(UNMEASURED, peak_utilization=0.0, invocations=5)


@pytest.mark.parametrize("unknown", [UNMEASURED, CONTRADICTORY])
def test_without_a_measured_utilisation_it_is_undecided(unknown):
    assert answer("provisioned-concurrency", healthy(provisioned=(unknown,))) == Undecided(
        reason="CloudWatch has no utilisation of its provisioned concurrency", missing="provisioned.peak_utilization"
    )


def test_an_unmeasured_qualifier_does_not_hide_an_unused_one():
    unused = replace(UNMEASURED, qualifier="7", peak_utilization=0.0)
    proposed = proposal("provisioned-concurrency", healthy(provisioned=(UNMEASURED, unused)))
    assert proposed.change.summary == "Provisioned concurrency 10 → 0 on 7"
