"""Statistics of the runs of a period."""

from datetime import date, timedelta

from agent.harness.tokens import Tokens
from runs.stats import Spread, statistics
from tests.runs.accounts import NOW, answer

SINCE = NOW - timedelta(days=2)


def of(account):
    return statistics(account.place, account.journal.runs(since=SINCE), since=SINCE, now=NOW)


def test_percentiles_are_values_that_occurred():
    spread = Spread.of(range(1, 101))
    assert (spread.percentiles, spread.largest, spread.count) == ({50: 50, 90: 90, 99: 99}, 100, 100)
    assert Spread.of([7.0]).percentiles == {50: 7.0, 90: 7.0, 99: 7.0}
    assert Spread.of([]) is None


def test_runs_are_counted_by_outcome_error_and_day(account, monkeypatch):
    monkeypatch.setenv("TZ", "UTC")
    end = NOW.timestamp()
    account.add_run("a", minutes_ago=10, finished_at=end - 300, usage={"input_tokens": 5, "output_tokens": 2})
    account.add_run("b", minutes_ago=30, finished_at=end - 1200, status="FAILED", error_type="AgentLost")
    account.add_run("c", minutes_ago=24 * 60, finished_at=end - 86_340, status="FAILED", error_type="AgentLost")
    account.add_run("d", minutes_ago=25 * 60, finished_at=end - 86_400, status="FAILED")
    account.add_run("e", minutes_ago=1, status="BUSY")
    account.add_run("too-old", minutes_ago=3 * 24 * 60)

    found = of(account)

    assert (found.total, found.by_status) == (5, {"COMPLETED": 1, "FAILED": 3, "BUSY": 1})
    assert list(found.errors.items()) == [("AgentLost", 2), ("unknown", 1)]
    assert found.seconds["COMPLETED"].largest == 300
    assert found.seconds["FAILED"].percentiles[50] == 600
    assert "BUSY" not in found.seconds
    assert found.tokens == Tokens(read=5, written=2)
    assert [(day.day, day.runs, day.failed, day.tokens) for day in found.days] == [
        (date(2026, 11, 26), 0, 0, 0),
        (date(2026, 11, 27), 2, 2, 0),
        (date(2026, 11, 28), 3, 1, 7),
    ]


def test_the_detection_delay_lasts_from_the_agent_s_end_to_the_workflow_s(account):
    answer(account.place, "stepfunctions", describe_execution={"stopDate": NOW})
    end = NOW.timestamp()
    account.add_run("a", minutes_ago=9, finished_at=end - 7, execution_arn="arn:a", ended_by="agent")
    account.add_run("found-by-the-workflow", minutes_ago=8, finished_at=end - 60, execution_arn="arn:b")
    account.add_run("without-execution", minutes_ago=7, finished_at=end - 60, ended_by="agent")

    found = of(account).detection_seconds

    assert (found.count, found.largest) == (1, 7)


def test_a_period_without_runs_has_empty_days(account):
    found = of(account)
    assert (found.total, found.seconds, found.detection_seconds) == (0, {}, None)
    assert [day.runs for day in found.days] == [0, 0, 0]
