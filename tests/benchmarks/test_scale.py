import pytest

from benchmarks.scale.demand import limits
from benchmarks.scale.queueing import pause, simulate
from components import PROJECT
from costs.bill import RunUse
from local.configuration import checked_settings

QUOTA = {"quota": 25.0, "active_sessions": 5_000, "run_seconds": 164.0, "deadline_seconds": 3_600.0}


def test_a_burst_above_the_quota_waits_and_is_not_lost():
    result = simulate(bursts=2, runs_in_burst=1_000, seconds_between=3_600, **QUOTA)
    assert (result.started, result.late) == (2_000, 0)
    assert result.throttled > 0
    assert result.longest_wait < 120


def test_a_burst_that_the_quota_cannot_start_before_the_deadline_fails_and_is_counted():
    result = simulate(
        bursts=1, runs_in_burst=100, seconds_between=1, **QUOTA | {"quota": 1.0, "deadline_seconds": 30.0}
    )
    assert result.started + result.late == 100
    assert result.late > 0


@pytest.mark.parametrize(("throttles", "longest"), [(1, 2), (5, 32), (10, 60)])
def test_the_pauses_are_those_of_the_definition(throttles, longest):
    of_share = pause(throttles)
    assert (of_share(0.0), of_share(0.5), of_share(1.0)) == (longest / 2, longest * 0.75, longest)


def test_a_limit_is_met_at_its_highest_rate():
    found = {limit.what: limit for limit in limits(RunUse(), checked_settings(PROJECT, "prod"))}
    assert found["AgentCore: new sessions a second"].highest_rate() == pytest.approx(25)
    assert found["live runs of the stack (maxLiveRuns)"].highest_rate() == pytest.approx(10 / 170)
    for limit in found.values():
        assert limit.demand(limit.highest_rate()) == pytest.approx(limit.quota, rel=0.1)
