import pytest

from agent.analyst.analysis.finding import Category, Level
from agent.analyst.analysis.profile import MemorySample
from tests.agent.analyst.analysis.profiles import (
    END,
    finding,
    healthy,
    proposal,
    used,
)


def test_more_memory_is_proposed_near_the_limit():
    found = finding(healthy(memory=MemorySample(reports=1, peak_mb=950)), "memory-pressure")
    assert found.proposal.change.summary == "Memory 1,024 → 1,280 MB"
    assert found.category is Category.ADVICE


def test_the_largest_size_is_kept():
    full = healthy(memory_mb=10_240, memory=MemorySample(reports=1, peak_mb=10_240))
    assert proposal("memory-pressure", full) is None


@pytest.mark.parametrize(
    ("timeout_seconds", "p99_ms", "longest_ms", "target"),
    [
        (900, 4_000.0, 5_000.0, 15),  # 3 x 4 s
        (900, 5.0, 6.0, 10),  # the minimum
        (900, 4_000.0, 40_000.0, 60),  # 1.5 x 40 s
        (900, 4_000.0, 41_000.0, 90),  # 61.5 s, rounded up to 30 s
        (300, 4_000.0, 100_000.0, 150),  # half of the current timeout
    ],
)
def test_a_lower_timeout_leaves_headroom_for_the_longest_run(timeout_seconds, p99_ms, longest_ms, target):
    long = healthy(timeout_seconds=timeout_seconds, usage=used(p99_ms=p99_ms, longest_ms=longest_ms))
    found = finding(long, "timeout")
    assert found.proposal.change.summary == f"Timeout {timeout_seconds} → {target} s"
    assert (found.proposal.confidence, found.proposal.risk) == (Level.HIGH, Level.LOW)


@pytest.mark.parametrize(
    ("timeout_seconds", "p99_ms", "longest_ms"),
    [
        (59, 1.0, 1.0),  # short
        (300, 30_000.0, 31_000.0),  # near
        (300, 4_000.0, 100_001.0),  # a run may take 150 s and more
        (900, 4_000.0, 899_000.0),
    ],
)
def test_a_timeout_that_is_short_or_needed_is_kept(timeout_seconds, p99_ms, longest_ms):
    profile = healthy(timeout_seconds=timeout_seconds, usage=used(p99_ms=p99_ms, longest_ms=longest_ms))
    assert proposal("timeout", profile) is None


def test_few_runs_lower_the_confidence_in_a_timeout():
    proposed = proposal("timeout", healthy(timeout_seconds=900, usage=used(invocations=999)))
    assert (proposed.confidence, proposed.risk) == (Level.LOW, Level.MEDIUM)


def test_more_time_is_proposed_near_the_timeout():
    found = finding(healthy(usage=used(p99_ms=27_000.0)), "timeout-pressure")
    assert found.proposal.title == "Runs of 27.0 s at p99 for a timeout of 30 s"
    assert found.proposal.change.cli.endswith("--timeout 45")
    assert found.category is Category.ADVICE


@pytest.mark.parametrize(("timeout_seconds", "p99_ms"), [(30, 26_999.0), (900, 899_000.0)])
def test_a_timeout_with_headroom_or_at_the_maximum_is_kept(timeout_seconds, p99_ms):
    profile = healthy(timeout_seconds=timeout_seconds, usage=used(p99_ms=p99_ms))
    assert proposal("timeout-pressure", profile) is None


def test_a_higher_limit_is_proposed_where_the_own_limit_throttles():
    throttled = healthy(reserved_concurrency=5, usage=used(throttles=7, peak_concurrency=5))
    found = finding(throttled, "throttling")
    assert found.proposal.change.summary == "Reserved concurrency 5 → 8"
    assert found.proposal.evidence["Throttles"] == "14 a month"
    assert found.proposal.evidence["Invocations"] == "2,000,000 a month in addition"
    assert found.category is Category.ADVICE


@pytest.mark.parametrize(("reserved", "throttles", "peak"), [(5, 0, 5), (5, 7, 4), (None, 7, 5), (0, 7, 0)])
def test_throttling_for_another_reason_proposes_nothing(reserved, throttles, peak):
    profile = healthy(reserved_concurrency=reserved, usage=used(throttles=throttles, peak_concurrency=peak))
    assert proposal("throttling", profile) is None


def test_a_deprecated_runtime_is_named_with_its_dates():
    found = finding(healthy(runtime="python3.8"), "deprecated-runtime")
    assert found.proposal.title == "Runtime python3.8 has been deprecated since 2024-10-14"
    assert found.proposal.evidence["Updates blocked from"] == "2027-03-03"


def test_a_runtime_that_is_deprecated_within_half_a_year_is_named():
    assert END.date().isoformat() == "2026-11-23"
    found = finding(healthy(runtime="nodejs22.x"), "deprecated-runtime")
    assert found.proposal.title == "Runtime nodejs22.x will be deprecated on 2027-04-30"


@pytest.mark.parametrize("runtime", ["python3.11", "nodejs24.x", None])
def test_a_runtime_with_longer_support_is_not_named(runtime):
    assert proposal("deprecated-runtime", healthy(runtime=runtime)) is None
