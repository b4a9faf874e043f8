import dataclasses

import pytest

from agent.harness.journal.expected_duration import Expectation
from benchmarks.watching.chart import draw
from benchmarks.watching.comparison import compare
from benchmarks.watching.distributions import BIMODAL, CONSTANT, LOG_NORMAL, SPREAD
from benchmarks.watching.simulation import watch
from benchmarks.watching.strategies import CALLBACK, OURS, strategies

EXPECTATION = Expectation(seconds=160.0, last_durations=(100.0, 150.0, 160.0, 170.0, 300.0))


@pytest.fixture(scope="module")
def spread():
    return compare(dataclasses.replace(SPREAD, runs=60), seed=1)


@pytest.mark.parametrize("seconds", [0.5, 60.0, 164.3, 700.0])
def test_a_shared_path_watches_a_run_as_its_whole_execution_does(seconds):
    for strategy in strategies(3_600):
        if strategy.name != CALLBACK:
            whole = watch(strategy.definition, strategy.budgets, seconds=seconds, expected=EXPECTATION)
            assert strategy.watch(seconds, EXPECTATION) == whole


@pytest.mark.slow
def test_a_fixed_interval_is_computed_as_it_is_executed(spread):
    executed = spread.means["fixed 10 s"]
    assert spread.fixed[10] == pytest.approx((executed.transitions, executed.delay))


@pytest.mark.slow
def test_watching_takes_two_fifths_of_the_transitions_of_a_fixed_interval_with_a_short_delay(spread):
    others = spread.means[CALLBACK].transitions
    ours, fixed = spread.means[OURS], spread.means["fixed 10 s"]
    assert ours.transitions - others <= 0.4 * (fixed.transitions - others)
    assert ours.delay <= 6


@pytest.mark.slow
@pytest.mark.parametrize("distribution", [CONSTANT, SPREAD, BIMODAL, LOG_NORMAL], ids=lambda one: one.name)
def test_no_fixed_interval_has_both_fewer_transitions_and_a_shorter_delay(distribution):
    assert compare(dataclasses.replace(distribution, runs=80), seed=1).beaten_by() == []


@pytest.mark.slow
def test_the_chart_shows_each_distribution(spread):
    assert draw([spread, spread]).count(SPREAD.name) == 2
