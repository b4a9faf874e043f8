"""Runs read from the journal."""

import itertools
from datetime import timedelta

import pytest

from agent.harness.tokens import Tokens
from runs.errors import ExitStatus, RunsError
from runs.journal.run import Run, Step
from tests.runs.accounts import NOW, listen

COSTS = ("usd", "model_usd", "runtime_usd", "rest_usd")
FIRST = "8d76db61-1111-4222-8333-444455556666"
SECOND = "8d76ffff-1111-4222-8333-444455556666"


def test_runs_come_newest_first(account):
    for minutes, session_id in ((30, "old"), (1, "new"), (10, "middle")):
        account.add_run(session_id, minutes_ago=minutes)
    assert [run.session_id for run in account.journal.runs()] == ["new", "middle", "old"]


def test_runs_are_filtered_by_time_status_and_requester(account):
    account.add_run("old", minutes_ago=120)
    account.add_run("failed", minutes_ago=3, status="FAILED")
    account.add_run("by-hand", minutes_ago=2, requested_by="ana")
    account.add_run("new", minutes_ago=1)

    def ids(**filters):
        return [run.session_id for run in account.journal.runs(**filters)]

    assert ids(since=NOW - timedelta(hours=1)) == ["new", "by-hand", "failed"]
    assert ids(status="FAILED") == ["failed"]
    assert ids(requested_by="schedule weekly") == ["new", "failed", "old"]


def test_only_the_pages_that_are_needed_are_read(account):
    for minutes in range(30):
        account.add_run(f"run-{minutes:02d}", minutes_ago=minutes)
    requests = []
    listen(account.place, "dynamodb", "before-call.dynamodb.Query", lambda **_: requests.append(1))
    runs = account.journal.runs(page_size=5)
    assert [run.session_id for run in itertools.islice(runs, 7)] == [f"run-{minutes:02d}" for minutes in range(7)]
    assert len(requests) == 2


def test_a_run_holds_what_the_journal_holds(account):
    account.add_run(
        FIRST,
        minutes_ago=10,
        started_at=NOW.timestamp() - 590,
        finished_at=NOW.timestamp() - 300,
        usage={"input_tokens": 300, "cache_read_tokens": 20_000, "cache_write_tokens": 5_000, "output_tokens": 200},
        changed=True,
    )
    run = account.journal.get(FIRST)
    assert run.has_ended
    assert run.seconds(NOW) == 300
    assert run.tokens == Tokens(read=300, written=200, cache_read=20_000, cache_written=5_000)
    assert run.changed is True
    assert run.prompt == "Analyse the account."


def test_a_run_that_failed_has_the_tokens_of_its_attempts(account):
    tokens = {"input_tokens": 300, "output_tokens": 20}
    account.add_run(FIRST, status="FAILED", cost=dict.fromkeys(COSTS, "1") | {"tokens": tokens})
    assert account.journal.get(FIRST).tokens == Tokens(read=300, written=20)


def test_the_tokens_of_all_attempts_count_and_not_only_those_of_the_last_one(account):
    cost = dict.fromkeys(COSTS, "1") | {"tokens": {"input_tokens": 300}}
    account.add_run(FIRST, usage={"input_tokens": 100}, cost=cost)
    assert account.journal.get(FIRST).tokens.total == 300


def test_malformed_attributes_count_as_missing(account):
    account.add_run(
        FIRST,
        started_at="soon",
        attempt="x",
        usage={"input_tokens": "x"},
        summary=7,
        changed="no",
        requested_at="never",
    )
    run = account.journal.get(FIRST)
    assert (run.started_at, run.attempt, run.tokens, run.summary, run.changed) == (None, 1, Tokens(), None, None)
    assert run.requested_at is None
    assert run.seconds(NOW) is None


# What a session with code execution could write, so that nobody can list the runs any more.
UNREADABLE = (
    *({"attempt": attempt} for attempt in ("inf", "nan", "1e400", 10**15, -5)),
    *({"cost": dict.fromkeys(COSTS, "1") | change} for change in ({"usd": "nan"}, {"unpriced_models": 7})),
)


@pytest.mark.parametrize("attributes", UNREADABLE, ids=str)
def test_an_impossible_figure_counts_as_missing(account, attributes):
    account.add_run(FIRST, **attributes)
    [run] = account.journal.runs()
    assert (run.attempt, run.cost) == (1, None)


@pytest.mark.parametrize("key", ["STEP#", "STEP#a#b", "STEP#1#2#3", "STEP#001#00001#", "STEP#\u0660\u0660\u0661#00001"])
def test_an_item_without_the_key_of_a_step_is_no_step(key):
    assert Step.of({"PK": FIRST, "SK": key}) is None


@pytest.mark.parametrize("session_id", ["\x1b]0;title", "$(reboot)", "; reboot", "../../x", "\u202eabc", "-rf"])
def test_an_item_with_an_invalid_id_is_left_out(account, session_id):
    account.add_run(session_id)
    account.add_run(FIRST)
    assert [run.session_id for run in account.journal.runs()] == [FIRST]
    with pytest.raises(RunsError, match="There is no run") as raised:
        account.journal.resolve("ab")
    assert session_id[:8] not in str(raised.value)


def test_steps_come_in_order_of_attempts(account):
    account.add_run(FIRST)
    account.add_step(FIRST, 2, 1, step="TOOL", name="read_usage", status="success", seconds=1.5)
    account.add_step(FIRST, 1, 10, step="MODEL", name="claude", status="error", error_message="throttled")
    account.add_step(FIRST, 1, 9, step="START", name="Starting from the beginning", status="success")
    steps = account.journal.steps(FIRST)
    assert [(step.attempt, step.number, step.kind) for step in steps] == [
        (1, 9, "START"),
        (1, 10, "MODEL"),
        (2, 1, "TOOL"),
    ]
    assert steps[2].seconds == 1.5
    assert steps[1].error_message == "throttled"


class TestResolving:
    def test_a_unique_prefix_of_an_id_finds_its_run(self, account):
        account.add_run(FIRST, minutes_ago=2)
        account.add_run(SECOND, minutes_ago=1)
        assert account.journal.resolve("8d76d") == FIRST
        assert account.journal.resolve(SECOND) == SECOND
        assert account.journal.resolve("@latest") == SECOND

    def test_a_whole_id_is_accepted_before_the_journal_has_its_run(self, account):
        assert account.journal.resolve(FIRST) == FIRST

    def test_an_ambiguous_prefix_lists_the_matching_runs(self, account):
        account.add_run(FIRST)
        account.add_run(SECOND)
        with pytest.raises(RunsError, match=f"2 runs begin with '8d76': .*{FIRST}.* Give more characters"):
            account.journal.resolve("8d76")

    def test_an_unknown_run_is_reported_with_its_nearest_matches(self, account):
        account.add_run(FIRST)
        with pytest.raises(RunsError, match="There is no run '8d76bd61': the nearest are 8d76db61") as caught:
            account.journal.resolve("8d76bd61")
        assert caught.value.status is ExitStatus.NOT_FOUND

    def test_without_a_run_there_is_no_latest(self, account):
        with pytest.raises(RunsError, match="no run yet: start one with 'runs start'"):
            account.journal.resolve("@latest")

    @pytest.mark.parametrize("text", ["", "@", "../../x", "8d76db61-1111-4222-8333-444455556666-and-more"])
    def test_a_text_that_is_not_a_prefix_of_an_id_finds_no_run(self, account, text):
        account.add_run(FIRST)
        with pytest.raises(RunsError, match="There is no run"):
            account.journal.resolve(text)


def test_an_unknown_id_has_no_run(account):
    with pytest.raises(RunsError, match=f"There is no run {FIRST}"):
        account.journal.get(FIRST)


def test_a_running_run_has_taken_the_time_until_now():
    run = Run.of({"PK": "a", "requested_at": "2026-11-28T07:58:00Z", "status": "BUSY"})
    assert not run.has_ended
    assert run.seconds(NOW) == 120
