from decimal import Decimal

import pytest

from agent.analyst.analysis.finding import Level, Undecided
from agent.analyst.analysis.profile import MemorySample, ProvisionedConcurrency
from tests.agent.analyst.analysis.profiles import (
    answer,
    finding,
    healthy,
    proposal,
    savings,
    used,
)


def test_the_saving_includes_the_longer_duration():
    # 1,024 MB with 300 MB used. 300 x 1.25 = 375 would do, but a run that only computes may take twice as long at
    # most, so 512 MB. Half of a run computes: 0.5 + 0.5 x 1,024 / 512 = 1.5 times as long.
    # Before: 2,000,000 GB-s. After: 2,000,000 s x 1.5 x 0.5 GB = 1,500,000. 500,000 x 0.0000133334 = 6.6667
    large = healthy(memory=MemorySample(reports=200, peak_mb=300))
    assert savings(large) == {"memory-excess": Decimal("6.66")}
    assert finding(large, "memory-excess").proposal.change.pulumi == "aws.lambda_.Function.memory_size = 512"


def test_the_bounds_are_runs_that_only_compute_and_runs_that_only_wait():
    # As above, at half of the memory: twice as long is 2,000,000 GB-s, as before; as long as before is 1,000,000 GB-s.
    large = healthy(memory=MemorySample(reports=200, peak_mb=300))
    assert finding(large, "memory-excess").bounds == (Decimal("0.00"), Decimal("13.33"))


def test_above_one_vcpu_runs_are_assumed_to_slow_down_too():
    # 4,096 to 2,048 MB, both above 1,769: 8,000,000 GB-s before, 2,000,000 s x 1.5 x 2 GB = 6,000,000 after;
    # 2,000,000 x 0.0000133334 = 26.6668
    large = healthy(memory_mb=4_096, memory=MemorySample(reports=200, peak_mb=100))
    assert savings(large) == {"memory-excess": Decimal("26.66")}
    proposed = finding(large, "memory-excess").proposal
    assert proposed.evidence["Expected duration"] == "1.50 times as long (2.00 times if a run only computes)"
    assert proposed.risk is Level.MEDIUM


@pytest.mark.parametrize("memory_mb", [512, 1_769, 3_008, 10_240])
def test_no_run_takes_more_than_twice_as_long(memory_mb):
    proposed = proposal("memory-excess", healthy(memory_mb=memory_mb, memory=MemorySample(reports=200, peak_mb=1)))
    assert memory_mb / proposed.after.memory_mb <= 2


def test_longer_runs_keep_provisioned_instances_busier():
    half = ProvisionedConcurrency(qualifier="live", units=10, peak_utilization=0.5, invocations=1_000_000)
    roomy = healthy(memory=MemorySample(reports=200, peak_mb=100), provisioned=(half,))
    after = proposal("memory-excess", roomy).after
    assert (after.memory_mb, after.provisioned[0].peak_utilization) == (512, 0.75)


def test_provisioned_instances_limit_the_slowdown():
    # In use to 80 %, they allow for runs of 1.25 times as long: 1,024 / 1.25 = 819.2, so 832 MB, within the model's
    # error; of 2,048 MB 1,638.4, so 1,664 MB, likewise. To 70 %, 2,048 x 0.7 = 1,433.6, so 1,472 MB.
    def proposed(memory_mb, busy):
        one = ProvisionedConcurrency(qualifier="live", units=10, peak_utilization=busy, invocations=9)
        sample = MemorySample(reports=200, peak_mb=100)
        return proposal("memory-excess", healthy(memory_mb=memory_mb, memory=sample, provisioned=(one,)))

    assert proposed(1_024, 0.8) is None
    assert proposed(2_048, 0.7).after.memory_mb == 1_472
    assert proposed(2_048, 1.0) is None
    assert proposed(2_048, None) is None


def test_measurements_of_a_version_with_another_memory_size_are_not_used():
    old = ProvisionedConcurrency(qualifier="live", units=1, peak_utilization=0.1, invocations=9, memory_mb=512)
    roomy = healthy(memory=MemorySample(reports=200, peak_mb=100), provisioned=(old,))
    tight = healthy(memory=MemorySample(reports=200, peak_mb=1_000), provisioned=(old,))
    for found in (answer("memory-excess", roomy), answer("memory-pressure", tight)):
        assert found == Undecided(reason="a version with another memory size served some of its runs", missing="memory")


def test_a_quarter_of_headroom_stays_above_the_highest_use():
    large = healthy(memory_mb=1_024, memory=MemorySample(reports=200, peak_mb=512))
    assert finding(large, "memory-excess").proposal.after.memory_mb == 640


def test_runs_near_their_timeout_are_not_slowed_down():
    slow = healthy(
        memory_mb=1_024,
        memory=MemorySample(reports=200, peak_mb=100),
        timeout_seconds=5,
        usage=used(p99_ms=4_000.0),
    )
    assert proposal("memory-excess", slow) is None


def test_a_smaller_size_within_the_error_of_the_model_is_not_proposed():
    assert proposal("memory-excess", healthy(memory=MemorySample(reports=200, peak_mb=700))) is None


def test_a_small_sample_is_undecided():
    small = healthy(memory=MemorySample(reports=19, peak_mb=10))
    assert answer("memory-excess", small) == Undecided(
        reason="fewer than 20 REPORT lines were found", missing="memory.reports"
    )


@pytest.mark.parametrize("memory", [MemorySample(reports=20, peak_mb=1), None])
def test_the_smallest_size_is_kept(memory):
    assert proposal("memory-excess", healthy(memory_mb=128, memory=memory)) is None
