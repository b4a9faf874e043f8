import dataclasses

import pytest

from benchmarks.figures import Figure, percentile
from benchmarks.local_loop import chart
from benchmarks.local_loop.bursts import Burst
from benchmarks.report import RESULTS, check, markdown, ratios, show

SLOW = Figure(name="first answer", value=12.0, unit="ms", base=10.0, compared_with="bare", most=1.3, before="3.3 x")
ALONE = Figure(name="zip", value=2_781.4, unit="KB", most=2_000)


def test_a_figure_is_compared_with_its_goal():
    assert SLOW.row() == ("first answer", "12 ms", "10 ms (bare)", "1.20", "≤ 1.3 x", "yes", "3.3 x")
    assert ALONE.row() == ("zip", "2,781 KB", "", "", "≤ 2000 KB", "no", "")


def test_the_ratios_are_read_from_the_file_that_was_written():
    assert ratios(markdown([SLOW, ALONE], notes="| a | b | c | 1 | e | f | g |", rounds=3)) == {"first answer": 1.2}


def test_the_check_fails_if_a_ratio_is_more_than_a_quarter_above_the_committed_one(capsys):
    better, equal, worse = (dataclasses.replace(SLOW, base=base) for base in (20, 10, 7.5))
    assert check([better, equal], {"first answer": 1.29}) == 0
    assert check([better, worse], {"first answer": 1.29}) == 0
    assert capsys.readouterr().err == ""
    assert check([better, worse], {"first answer": 1.27}) == 1
    assert capsys.readouterr().err.startswith("first answer is 1.60, 26% above the committed 1.27: find out what")


def test_the_check_fails_if_there_is_no_committed_ratio(capsys):
    assert check([dataclasses.replace(SLOW, is_guarded=False), ALONE], {}) == 0
    assert check([SLOW], {"renamed answer": 1.2}) == 1
    assert "first answer is 1.20, but RESULTS.md has no such ratio: run 'make bench'" in capsys.readouterr().err


def test_the_committed_results_have_ratios():
    assert {"first answer, p50", "start function: import and client"} <= ratios(RESULTS.read_text()).keys()


def test_the_terminal_gets_aligned_columns():
    first, *rows = show([SLOW, ALONE]).splitlines()
    assert [row.index(" ms") < first.index("compared") for row in rows[:1]] == [True]


@pytest.mark.parametrize(("share", "value"), [(0.5, 2), (0.99, 3), (1.0, 3)])
def test_a_percentile_is_one_of_the_values(share, value):
    assert percentile([3, 1, 2], share) == value


def test_the_chart_of_runs_at_once_shows_each_burst():
    few, many = (Burst(runs=runs, seconds=runs / 2, megabytes=300 + runs, attempts=runs) for runs in (1, 100))
    assert chart.draw([few, many]).count("<circle") == 4
