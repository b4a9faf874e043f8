import pytest

from agent.harness.journal import CancelledBeforeStartError, FencedError, Journal, Step
from tests.journal_table import SESSION, LosesTheAnswer

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


def test_begins_a_pending_run_and_takes_its_lease(table, journal):
    begin(journal)
    run = table.run()
    assert run["status"] == "BUSY"
    assert float(run["started_at"]) == NOW
    assert float(run["lease_expires_at"]) == NOW + 120
    assert float(run["expected_end_at"]) == NOW + 60


def test_begins_each_attempt_only_once(table, journal):
    begin(journal)
    with pytest.raises(FencedError, match="attempt 1, BUSY"):
        begin(table.journal(owner="a second delivery"))


def test_does_not_begin_an_attempt_that_is_over(table, journal):
    table.take_over()
    with pytest.raises(FencedError, match="attempt 2, PENDING"):
        begin(journal)


@pytest.mark.parametrize("status", ["COMPLETED", "FAILED", "CANCELLED"])
def test_does_not_begin_a_run_that_has_ended(table, journal, status):
    table.end(status)
    with pytest.raises(FencedError, match=status):
        begin(journal)


def test_does_not_begin_a_run_that_nobody_has_claimed(table):
    with pytest.raises(FencedError, match="no run"):
        begin(table.journal())
    assert table.run() == {}


def test_says_when_the_run_was_cancelled_before_it_began(table, journal):
    table.request_cancellation()
    with pytest.raises(CancelledBeforeStartError):
        begin(journal)
    journal.cancel()
    assert table.run()["status"] == "CANCELLED"


def test_renews_the_lease_and_keeps_the_last_progress(table, journal):
    begin(journal)
    assert journal.renew(lease_seconds=240, progress="Reading") is False
    assert journal.renew(lease_seconds=300, progress=None) is False
    run = table.run()
    assert float(run["lease_expires_at"]) == NOW + 300
    assert run["progress"] == "Reading"


def test_reads_back_a_cancellation_in_the_renewal(table, journal):
    begin(journal)
    table.request_cancellation()
    assert journal.renew(lease_seconds=240, progress=None) is True


def test_ends_the_lease_when_the_run_is_handed_back(table, journal):
    begin(journal)
    journal.release()
    run = table.run()
    assert (run["status"], float(run["lease_expires_at"])) == ("BUSY", NOW)


def test_completes_with_a_pointer_to_the_report(table, journal):
    begin(journal)
    journal.complete(**REPORT)
    run = table.run()
    assert {name: run[name] for name in REPORT} == REPORT
    assert (run["status"], float(run["finished_at"])) == ("COMPLETED", NOW)


def test_fails_with_an_error_that_fits_into_the_item(table, journal):
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
def test_lets_no_zombie_write_to_a_run_that_was_taken_over(table, journal, write):
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
def test_lets_nobody_change_a_run_that_the_workflow_has_ended(table, journal, write, status):
    begin(journal)
    table.end(status)
    before = table.run()
    with pytest.raises(FencedError):
        write(journal)
    assert table.run() == before


@pytest.mark.parametrize("write", [begin, *WRITES.values()], ids=["begin", *WRITES])
def test_takes_its_own_repeated_write_for_the_first_one(table, journal, write):
    if write is not begin:
        begin(journal)
    client = LosesTheAnswer(table.client)
    write(Journal(client, table.name, session_id=SESSION, attempt=1, owner="me", clock=lambda: NOW))
    assert table.run()["attempt"] == 1


def test_writes_steps_in_order_and_under_their_attempt(table, journal):
    ok = Step(kind="TOOL", name="list_functions", status="success", seconds=0.12345)
    bad = Step(kind="MODEL", name="m", status="error", seconds=1, input_tokens=5, output_tokens=2, error="y" * 5_000)
    journal.record_step(1, ok, retention_seconds=10)
    journal.record_step(2, bad, retention_seconds=10)
    first, second = table.steps()
    assert (first["SK"], first["name"], float(first["seconds"])) == ("STEP#001#00001", "list_functions", 0.123)
    assert (second["SK"], second["input_tokens"], len(second["error_message"])) == ("STEP#001#00002", 5, 2_000)
    assert first["expires_at"] == int(NOW) + 10


def test_learns_from_finished_runs_how_long_a_run_takes(journal):
    assert journal.expected_seconds() is None
    journal.learn(100.0)
    assert journal.expected_seconds() == 100.0
    journal.learn(200.0)
    assert journal.expected_seconds() == pytest.approx(130.0)
