import dataclasses
import json
import threading
import time

import pytest

from agent.harness.journal import Step
from agent.harness.run import BackgroundRun, Invocation, StopReason
from agent.harness.task import Outcome, StoppedError
from tests.agent.settings import SETTINGS
from tests.journal_table import SESSION, Unreachable

OUTCOME = Outcome(report_uri="s3://b/k", report_sha256="0" * 64, summary="Fine.", usage={"turns": 1})
PATIENCE_SECONDS = 10


def outcome(_task):
    return OUTCOME


def heeding(task):
    assert task.cancel_signal.wait(PATIENCE_SECONDS)
    raise StoppedError


class Runner:
    """Runs attempts in threads of their own, and waits for them at the end."""

    def __init__(self, table):
        self.table = table
        self.ended = 0
        self.threads = []

    def start(self, work, *, attempt=1, client=None, deadline_in=3600, **settings):
        def ended():
            self.ended += 1

        run = BackgroundRun(
            Invocation(session_id=SESSION, attempt=attempt, prompt="look", deadline_at=time.time() + deadline_in),
            work=work,
            settings=dataclasses.replace(SETTINGS, journal_table=self.table.name, **settings),
            dynamodb=client if callable(client) else lambda: client or self.table.client,
            ended=ended,
        )
        thread = threading.Thread(target=run.execute)
        thread.start()
        self.threads.append(thread)
        return run

    def join(self):
        for thread in self.threads:
            thread.join(PATIENCE_SECONDS)
            assert not thread.is_alive()

    def carry_out(self, work, **arguments):
        self.start(work, **arguments)
        self.join()
        return self.table.run()


@pytest.fixture
def runner(table):
    table.claim()
    runner = Runner(table)
    yield runner
    runner.join()


def wait_until(condition):
    until = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        assert time.monotonic() < until, "waited in vain"
        time.sleep(0.005)


def test_completes_and_ends_its_task(runner):
    run = runner.carry_out(outcome)
    assert (run["status"], run["report_uri"], run["summary"]) == ("COMPLETED", "s3://b/k", "Fine.")
    assert runner.ended == 1


def test_hands_the_work_what_it_needs_to_know(runner):
    tasks = []
    runner.carry_out(lambda task: tasks.append(task) or OUTCOME)
    (task,) = tasks
    assert (task.session_id, task.attempt, task.prompt) == (SESSION, 1, "look")
    assert not task.cancel_signal.is_set()


def test_fails_with_the_error_that_the_work_raised_and_ends_its_task(runner):
    def raises(_task):
        raise ValueError("no such region")

    run = runner.carry_out(raises)
    assert (run["status"], run["error_type"], run["error_message"]) == ("FAILED", "ValueError", "no such region")
    assert runner.ended == 1


def test_keeps_its_lease_while_it_works(runner):
    def work(task):
        leases = set()
        task.report_progress("halfway")
        wait_until(lambda: leases.add(runner.table.run()["lease_expires_at"]) or len(leases) > 3)
        assert runner.table.run()["progress"] == "halfway"
        return OUTCOME

    assert runner.carry_out(work)["status"] == "COMPLETED"


def test_is_cancelled_by_a_mark_in_the_journal(runner):
    runner.start(heeding)
    wait_until(lambda: runner.table.run()["status"] == "BUSY")
    runner.table.request_cancellation()
    runner.join()
    assert runner.table.run()["status"] == "CANCELLED"


def test_is_cancelled_before_it_begins_without_any_work(runner):
    runner.table.request_cancellation()
    run = runner.carry_out(lambda _: pytest.fail("it worked"))
    assert run["status"] == "CANCELLED"
    assert runner.ended == 1


def test_counts_work_that_was_done_before_it_noticed_the_cancellation(runner):
    def work(task):
        runner.table.request_cancellation()
        assert task.cancel_signal.wait(PATIENCE_SECONDS)
        return OUTCOME

    assert runner.carry_out(work)["status"] == "COMPLETED"


def test_stops_at_its_own_deadline_and_says_so(runner):
    run = runner.carry_out(heeding, deadline_seconds=0.2)
    assert (run["status"], run["error_type"]) == ("FAILED", "DeadlineExceeded")
    assert "agentDeadlineSeconds" in run["error_message"]


def test_stops_before_the_workflow_gives_the_run_up(runner):
    run = runner.carry_out(heeding, deadline_in=SETTINGS.lease_seconds + 0.2)
    assert (run["status"], run["error_type"]) == ("FAILED", "DeadlineExceeded")
    assert "workflowDeadlineSeconds" in run["error_message"]


@pytest.mark.parametrize(
    ("told", "status", "error_type"),
    [("deadline", "FAILED", "DeadlineExceeded"), ("cancel", "CANCELLED", None)],
)
def test_concludes_for_work_that_hangs_and_ends_its_task(runner, told, status, error_type):
    release = threading.Event()

    def hangs(_task):
        if told == "cancel":
            runner.table.request_cancellation()
        release.wait(PATIENCE_SECONDS)
        return OUTCOME

    runner.start(hangs, deadline_seconds=0.2 if told == "deadline" else 60)
    wait_until(lambda: runner.table.run()["status"] == status)
    wait_until(lambda: runner.ended == 1)
    release.set()  # it wakes up, too late
    runner.join()
    run = runner.table.run()
    assert (run["status"], run.get("error_type"), run.get("report_uri")) == (status, error_type, None)
    assert runner.ended == 1


def test_stops_its_work_when_it_was_taken_over_and_writes_nothing(runner):
    runner.start(heeding)
    wait_until(lambda: runner.table.run()["status"] == "BUSY")
    runner.table.take_over()
    runner.join()
    run = runner.table.run()
    assert (run["status"], run["attempt"]) == ("PENDING", 2)
    assert runner.ended == 1


def test_a_zombies_outcome_does_not_replace_the_winners(runner):
    def overtaken(_task):
        runner.table.take_over()
        runner.start(outcome, attempt=2)
        wait_until(lambda: runner.table.run()["status"] == "COMPLETED")
        return dataclasses.replace(OUTCOME, report_uri="s3://b/zombie")

    run = runner.carry_out(overtaken)
    assert (run["attempt"], run["report_uri"]) == (2, "s3://b/k")


def test_stops_its_own_work_when_it_cannot_renew_its_lease(runner):
    client = Unreachable(runner.table.client)
    client.broken = False

    def work(task):
        client.broken = True
        assert task.cancel_signal.wait(PATIENCE_SECONDS)
        raise StoppedError

    run = runner.carry_out(work, client=client)
    assert run["status"] == "BUSY"  # for the workflow to take over
    assert runner.ended == 1


def test_repeats_its_last_word_until_the_journal_hears_it(runner):
    client = Unreachable(runner.table.client)
    client.broken = False
    repaired = threading.Timer(0.3, lambda: setattr(client, "broken", False))

    def work(_task):
        client.broken = True
        repaired.start()
        return OUTCOME

    assert runner.carry_out(work, client=client, lease_seconds=5)["status"] == "COMPLETED"


def test_begins_when_the_journal_answers_at_last(runner):
    client = Unreachable(runner.table.client)
    threading.Timer(0.3, lambda: setattr(client, "broken", False)).start()
    assert runner.carry_out(outcome, client=client, lease_seconds=5)["status"] == "COMPLETED"


def test_ends_its_task_when_the_journal_never_answers(runner):
    run = runner.carry_out(outcome, client=Unreachable(runner.table.client))
    assert run["status"] == "PENDING"
    assert runner.ended == 1


def test_hands_the_run_back_when_the_process_must_end(runner):
    run = runner.start(heeding, lease_seconds=60)
    wait_until(lambda: runner.table.run()["status"] == "BUSY")
    run.hand_back()
    runner.join()
    after = runner.table.run()
    assert after["status"] == "BUSY"
    assert float(after["lease_expires_at"]) <= time.time()


def test_does_not_take_back_what_it_handed_back_while_its_work_does_not_listen(runner):
    release = threading.Event()
    leases = []

    class Noting:
        exceptions = runner.table.client.exceptions

        def update_item(self, **arguments):
            values = arguments["ExpressionAttributeValues"]
            leases.append(float(values[":set_lease_expires_at"]["N"]))
            return runner.table.client.update_item(**arguments)

        def __getattr__(self, name):
            return getattr(runner.table.client, name)

    def hangs(_task):
        release.wait(PATIENCE_SECONDS)
        return OUTCOME

    run = runner.start(hangs, client=Noting(), lease_seconds=60)
    wait_until(lambda: len(leases) > 2)
    run.hand_back()
    before = len(leases)
    wait_until(lambda: runner.ended == 1)  # beats later: the run is concluded without its work
    now = time.time()
    assert runner.table.run()["status"] == "BUSY"
    release.set()
    runner.join()
    assert [lease for lease in leases[before - 1 :] if lease > now] == []


def test_hands_back_a_run_that_begins_while_the_process_ends(runner):
    asked = threading.Event()
    told = threading.Event()

    def slow_client():
        asked.set()
        assert told.wait(PATIENCE_SECONDS)
        return runner.table.client

    run = runner.start(heeding, client=slow_client, lease_seconds=60)
    assert asked.wait(PATIENCE_SECONDS)
    run.hand_back()
    told.set()
    runner.join()
    assert float(runner.table.run()["lease_expires_at"]) <= time.time()


def test_leaves_a_run_alone_that_another_process_has(runner):
    runner.start(heeding)
    wait_until(lambda: runner.table.run()["status"] == "BUSY")
    second = Runner(runner.table)
    second.carry_out(lambda _: pytest.fail("it worked"))
    assert second.ended == 1
    runner.table.request_cancellation()


def test_the_first_reason_to_stop_counts(runner):
    run = runner.start(heeding)
    wait_until(lambda: runner.table.run()["status"] == "BUSY")
    run.stop(StopReason.LEASE_LOST)
    run.stop(StopReason.CANCELLED)
    runner.join()
    assert runner.table.run()["status"] == "BUSY"


def test_learns_from_a_first_attempt_how_long_a_run_takes(runner):
    runner.carry_out(outcome)
    assert runner.table.journal().expected_seconds() < PATIENCE_SECONDS


def test_tells_the_dashboard_how_an_attempt_went(runner, capsys):
    runner.carry_out(lambda _: dataclasses.replace(OUTCOME, usage={"input_tokens": 7, "output_tokens": 2}))
    (line,) = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert (line["event"], line["sessionId"], line["attempt"]) == ("attempt-ended", SESSION, 1)
    assert (line["input_tokens"], line["output_tokens"]) == (7, 2)
    assert 0 < line["lease_margin_seconds"] <= SETTINGS.lease_seconds


def test_expects_what_earlier_runs_have_taught(runner):
    runner.table.journal().learn(7_000.0)

    def work(_task):
        wait_until(lambda: float(runner.table.run()["expected_end_at"]) > time.time() + 6_000)
        return OUTCOME

    assert runner.carry_out(work)["status"] == "COMPLETED"


def test_a_step_that_the_journal_does_not_take_does_not_end_the_work(runner):
    client = Unreachable(runner.table.client)
    client.broken = False

    def work(task):
        (recorder,) = task.hooks
        client.broken = True
        recorder._record(Step(kind="TOOL", name="t", status="success", seconds=1))
        client.broken = False
        return OUTCOME

    run = runner.carry_out(work, client=client)
    assert run["status"] == "COMPLETED"
    assert runner.table.steps() == []
