import pytest

from agent.harness import schema
from agent.harness.journal.expected_duration import Expectation
from agent.harness.journal.fenced_item import FencedError
from agent.harness.journal.journal import CancelledBeforeStartError, Journal
from agent.harness.journal.step import Step
from agent.harness.schema import StepKind
from agent.harness.tokens import Tokens
from tests.journal_table import SESSION, LosesTheResponse

NOW = 1_800_000_000.25
REPORT = {
    "report_uri": "s3://b/k",
    "report_sha256": "0" * 64,
    "summary": "All is well.",
    "usage": {"turns": 3},
    "changed": False,
}


@pytest.fixture
def journal(table):
    table.claim()
    return table.journal(clock=lambda: NOW)


def begin(journal):
    journal.begin(lease_seconds=120, expected_seconds=60)


def test_begin_takes_the_lease_of_a_pending_run(table, journal):
    begin(journal)
    run = table.run()
    assert run["status"] == "BUSY"
    assert float(run["started_at"]) == NOW
    assert float(run["lease_expires_at"]) == NOW + 120
    assert float(run["expected_end_at"]) == NOW + 60


def test_an_attempt_begins_only_once(table, journal):
    begin(journal)
    with pytest.raises(FencedError, match="attempt 1, BUSY"):
        begin(table.journal(owner="a second delivery"))


def test_an_attempt_that_was_taken_over_does_not_begin(table, journal):
    table.take_over()
    with pytest.raises(FencedError, match="attempt 2, PENDING"):
        begin(journal)


@pytest.mark.parametrize("status", ["COMPLETED", "FAILED", "CANCELLED"])
def test_a_run_that_has_ended_does_not_begin(table, journal, status):
    table.end(status)
    with pytest.raises(FencedError, match=status):
        begin(journal)


def test_an_unclaimed_run_does_not_begin(table):
    with pytest.raises(FencedError, match="no run"):
        begin(table.journal())
    assert table.run() == {}


def test_begin_reports_a_cancellation_and_the_caller_ends_the_run(table, journal):
    table.request_cancellation()
    with pytest.raises(CancelledBeforeStartError):
        begin(journal)
    journal.cancel()
    assert table.run()["status"] == "CANCELLED"


def test_a_renewal_without_progress_keeps_the_last_progress(table, journal):
    begin(journal)
    assert journal.renew(lease_seconds=240, progress="Reading") is False
    assert journal.renew(lease_seconds=300, progress=None) is False
    run = table.run()
    assert float(run["lease_expires_at"]) == NOW + 300
    assert run["progress"] == "Reading"


def test_a_renewal_reports_a_cancellation(table, journal):
    begin(journal)
    table.request_cancellation()
    assert journal.renew(lease_seconds=240, progress=None) is True


def test_release_ends_the_lease_now(table, journal):
    begin(journal)
    journal.release()
    run = table.run()
    assert (run["status"], float(run["lease_expires_at"])) == ("BUSY", NOW)


def test_a_completed_run_points_to_its_report(table, journal):
    begin(journal)
    journal.complete(**REPORT)
    run = table.run()
    assert {name: run[name] for name in REPORT} == REPORT
    assert (run["status"], float(run["finished_at"])) == ("COMPLETED", NOW)


def test_hidden_characters_are_visible_in_all_that_people_read_in_the_journal(table, journal):
    hidden = "\x1b]0;title\x07\u202e"
    begin(journal)
    journal.renew(lease_seconds=60, progress=hidden)
    step = Step(kind=StepKind.TOOL, name=f"a\n{hidden}", status="error", seconds=1, error=hidden)
    journal.record_step(1, step, retention_seconds=60)
    assert table.run()["progress"] == r"\u001b]0;title\u0007\u202e"
    journal.fail("Error", hidden)
    assert table.run()["error_message"] == r"\u001b]0;title\u0007\u202e"
    [written] = table.steps()
    assert written["name"] == r"a\u000a\u001b]0;title\u0007\u202e"
    assert written["error_message"] == r"\u001b]0;title\u0007\u202e"


def test_an_error_message_is_cut_to_fit_into_the_item(table, journal):
    begin(journal)
    journal.fail("ValueError", "x" * 5_000)
    run = table.run()
    assert (run["status"], run["error_type"], len(run["error_message"])) == ("FAILED", "ValueError", 2_000)


WRITES = {
    "renew": lambda journal: journal.renew(lease_seconds=1, progress="mine"),
    "release": lambda journal: journal.release(),
    "complete": lambda journal: journal.complete(**REPORT),
    "fail": lambda journal: journal.fail("E", "mine"),
    "cancel": lambda journal: journal.cancel(),
}


@pytest.mark.parametrize("write", WRITES.values(), ids=WRITES)
def test_a_zombie_cannot_write_to_a_run_that_was_taken_over(table, journal, write):
    begin(journal)
    table.take_over()
    winner = table.journal(attempt=2, owner="winner")
    begin(winner)
    before = table.run()
    with pytest.raises(FencedError, match="attempt 2"):
        write(journal)
    assert table.run() == before


@pytest.mark.parametrize("write", WRITES.values(), ids=WRITES)
@pytest.mark.parametrize("status", ["COMPLETED", "FAILED", "CANCELLED"])
def test_an_attempt_cannot_change_a_run_that_the_workflow_has_ended(table, journal, write, status):
    begin(journal)
    table.end(status)
    before = table.run()
    with pytest.raises(FencedError):
        write(journal)
    assert table.run() == before


@pytest.mark.parametrize("write", [begin, *WRITES.values()], ids=["begin", *WRITES])
def test_a_write_that_the_client_repeats_succeeds(table, journal, write):
    if write is not begin:
        begin(journal)
    client = LosesTheResponse(table.client)
    write(Journal(client, table.name, session_id=SESSION, attempt=1, owner="me", clock=lambda: NOW))
    assert table.run()["attempt"] == 1


def test_steps_are_ordered_by_attempt_and_number(table, journal):
    ok = Step(kind=StepKind.TOOL, name="list_functions", status="success", seconds=0.12345)
    bad = Step(
        kind=StepKind.MODEL, name="m", status="error", seconds=1, tokens=Tokens(read=5, written=2), error="y" * 5_000
    )
    journal.record_step(1, ok, retention_seconds=10)
    journal.record_step(2, bad, retention_seconds=10)
    first, second = table.steps()
    assert (first["SK"], first["name"], float(first["seconds"])) == ("STEP#001#00001", "list_functions", 0.123)
    assert (second["SK"], second["input_tokens"], len(second["error_message"])) == ("STEP#001#00002", 5, 2_000)
    assert first["expires_at"] == int(NOW) + 10


def test_the_expected_duration_is_learned_from_finished_runs(table):
    expected = table.expected_duration()
    assert expected.load() is None
    expected.learn(100.0)
    assert expected.load() == Expectation(seconds=100.0, last_durations=(100.0,))
    expected.learn(200.0)
    assert expected.load() == Expectation(seconds=130.0, last_durations=(100.0, 200.0))


def test_only_the_last_runs_show_when_runs_end(table):
    expected = table.expected_duration()
    for seconds in range(1, 41):
        expected.learn(float(seconds))
    assert expected.load().last_durations == tuple(range(9, 41))


def test_the_expected_ends_are_in_order_and_rounded_up():
    expectation = Expectation(seconds=130.0, last_durations=(200.2, 100.0))
    assert expectation.ends(1_800_000_000.5) == "1800000101 1800000201"


def test_an_item_of_an_earlier_version_has_no_last_durations(table):
    item = schema.EXPECTATION_KEY | {schema.EXPECTED_SECONDS: {"N": "100"}}
    table.client.put_item(TableName=table.name, Item=item)
    expected = table.expected_duration()
    assert expected.load() == Expectation(seconds=100.0, last_durations=())
    expected.learn(100.0)
    assert expected.load() == Expectation(seconds=100.0, last_durations=(100.0,))


@pytest.mark.parametrize("seconds", [-1.0, 0.0, 1e12])
def test_an_expected_duration_that_is_no_duration_counts_as_none(table, seconds):
    expected = table.expected_duration()
    expected.learn(seconds)
    assert expected.load() is None
    expected.learn(100.0)
    assert expected.load() == Expectation(seconds=100.0, last_durations=(100.0,))
