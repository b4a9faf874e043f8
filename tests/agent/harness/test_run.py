import dataclasses
import json
import threading
import time

import pytest

from agent.harness.attempt.stop import StopReason
from agent.harness.journal.step import Step
from agent.harness.schema import StepKind
from agent.harness.task import Outcome, StoppedError
from tests.agent.harness.runs import PATIENCE_SECONDS, Runner, runner, wait_until
from tests.agent.settings import SETTINGS
from tests.journal_table import SESSION, Unreachable

__all__ = ["runner"]

OUTCOME = Outcome(report_uri="s3://b/k", report_sha256="0" * 64, summary="Fine.", usage={"turns": 1})


def outcome(_task):
    return OUTCOME


def work_until_stopped(task):
    assert task.cancel_signal.wait(PATIENCE_SECONDS)
    raise StoppedError


def test_work_with_an_outcome_completes_the_run_and_ends_the_task(runner):
    run = runner.carry_out(outcome)
    assert (run["status"], run["report_uri"], run["summary"]) == ("COMPLETED", "s3://b/k", "Fine.")
    assert runner.ended == 1


def test_the_work_gets_the_session_the_attempt_and_the_prompt(runner):
    tasks = []
    runner.carry_out(lambda task: tasks.append((task, task.cancel_signal.is_set())) or OUTCOME)
    ((task, is_stopped),) = tasks
    assert (task.session_id, task.attempt, task.prompt, is_stopped) == (SESSION, 1, "look", False)


def test_an_error_of_the_work_fails_the_run_and_ends_the_task(runner):
    def raises(_task):
        raise ValueError("no such region")

    run = runner.carry_out(raises)
    assert (run["status"], run["error_type"], run["error_message"]) == ("FAILED", "ValueError", "no such region")
    assert runner.ended == 1


def test_the_heartbeat_renews_the_lease_and_writes_the_progress(runner):
    def work(task):
        leases = set()
        task.report_progress("halfway")
        wait_until(lambda: leases.add(runner.table.run()["lease_expires_at"]) or len(leases) > 3)
        assert runner.table.run()["progress"] == "halfway"
        return OUTCOME

    assert runner.carry_out(work)["status"] == "COMPLETED"


def test_a_request_in_the_journal_cancels_the_run(runner):
    runner.start(work_until_stopped)
    wait_until(lambda: runner.table.run()["status"] == "BUSY")
    runner.table.request_cancellation()
    runner.join()
    assert runner.table.run()["status"] == "CANCELLED"


def test_a_run_that_was_cancelled_before_it_begins_does_no_work(runner):
    runner.table.request_cancellation()
    run = runner.carry_out(lambda _: pytest.fail("the work was started"))
    assert run["status"] == "CANCELLED"
    assert runner.ended == 1


def test_work_with_an_outcome_completes_the_run_in_spite_of_a_cancellation(runner):
    def work(task):
        runner.table.request_cancellation()
        assert task.cancel_signal.wait(PATIENCE_SECONDS)
        return OUTCOME

    assert runner.carry_out(work)["status"] == "COMPLETED"


def test_the_agents_deadline_stops_the_work_and_is_named_in_the_error(runner):
    run = runner.carry_out(work_until_stopped, agent_deadline_seconds=0.2)
    assert (run["status"], run["error_type"]) == ("FAILED", "DeadlineExceeded")
    assert "agentDeadlineSeconds" in run["error_message"]


def test_the_work_is_stopped_before_the_workflow_gives_up_the_run(runner):
    run = runner.carry_out(work_until_stopped, deadline_in=SETTINGS.lease_seconds + 0.2)
    assert (run["status"], run["error_type"]) == ("FAILED", "DeadlineExceeded")
    assert "workflowDeadlineSeconds" in run["error_message"]


@pytest.mark.parametrize(
    ("cause", "status", "error_type"),
    [("deadline", "FAILED", "DeadlineExceeded"), ("cancel", "CANCELLED", None)],
)
def test_a_run_with_unresponsive_work_is_concluded_and_the_task_is_ended(runner, cause, status, error_type):
    release = threading.Event()

    def hangs(_task):
        if cause == "cancel":
            runner.table.request_cancellation()
        release.wait(PATIENCE_SECONDS)
        return OUTCOME

    runner.start(hangs, agent_deadline_seconds=0.2 if cause == "deadline" else 60)
    wait_until(lambda: runner.table.run()["status"] == status)
    wait_until(lambda: runner.ended == 1)
    release.set()  # the work ends too late
    runner.join()
    run = runner.table.run()
    assert (run["status"], run.get("error_type"), run.get("report_uri")) == (status, error_type, None)
    assert runner.ended == 1


def test_an_attempt_that_was_taken_over_stops_its_work_and_writes_nothing(runner):
    runner.start(work_until_stopped)
    wait_until(lambda: runner.table.run()["status"] == "BUSY")
    runner.table.take_over()
    runner.join()
    run = runner.table.run()
    assert (run["status"], run["attempt"]) == ("PENDING", 2)
    assert runner.ended == 1


def test_the_outcome_of_a_zombie_does_not_replace_the_winners(runner):
    def overtaken(_task):
        runner.table.take_over()
        runner.start(outcome, attempt=2)
        wait_until(lambda: runner.table.run()["status"] == "COMPLETED")
        return dataclasses.replace(OUTCOME, report_uri="s3://b/zombie")

    run = runner.carry_out(overtaken)
    assert (run["attempt"], run["report_uri"]) == (2, "s3://b/k")


def test_an_attempt_that_cannot_renew_its_lease_stops_its_work(runner):
    client = Unreachable(runner.table.client)
    client.broken = False

    def work(task):
        client.broken = True
        assert task.cancel_signal.wait(PATIENCE_SECONDS)
        raise StoppedError

    run = runner.carry_out(work, client=client)
    assert run["status"] == "BUSY"  # for the workflow to take over
    assert runner.ended == 1


def test_the_conclusion_is_retried_until_the_journal_is_reachable(runner):
    client = Unreachable(runner.table.client)
    client.broken = False
    repaired = threading.Timer(0.3, lambda: setattr(client, "broken", False))

    def work(_task):
        client.broken = True
        repaired.start()
        return OUTCOME

    assert runner.carry_out(work, client=client, lease_seconds=5)["status"] == "COMPLETED"


def test_the_begin_is_retried_until_the_journal_is_reachable(runner):
    client = Unreachable(runner.table.client)
    threading.Timer(0.3, lambda: setattr(client, "broken", False)).start()
    assert runner.carry_out(outcome, client=client, lease_seconds=5)["status"] == "COMPLETED"


def test_an_unreachable_journal_ends_the_task(runner):
    run = runner.carry_out(outcome, client=Unreachable(runner.table.client))
    assert run["status"] == "PENDING"
    assert runner.ended == 1


def test_a_shutdown_releases_the_lease(runner):
    run = runner.start(work_until_stopped, lease_seconds=60)
    wait_until(lambda: runner.table.run()["status"] == "BUSY")
    run.hand_back()
    runner.join()
    after = runner.table.run()
    assert after["status"] == "BUSY"
    assert float(after["lease_expires_at"]) <= time.time()


def test_a_released_lease_is_not_renewed_while_the_work_is_unresponsive(runner):
    release = threading.Event()
    leases = []

    class RecordsLeases:
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

    run = runner.start(hangs, client=RecordsLeases(), lease_seconds=60)
    wait_until(lambda: len(leases) > 2)
    run.hand_back()
    before = len(leases)
    wait_until(lambda: runner.ended == 1)  # after some heartbeats: the run is concluded without the work
    now = time.time()
    assert runner.table.run()["status"] == "BUSY"
    release.set()
    runner.join()
    assert [lease for lease in leases[before - 1 :] if lease > now] == []


def test_a_run_that_begins_during_a_shutdown_releases_its_lease(runner):
    asked = threading.Event()
    handed_back = threading.Event()

    def slow_client():
        asked.set()
        assert handed_back.wait(PATIENCE_SECONDS)
        return runner.table.client

    run = runner.start(work_until_stopped, client=slow_client, lease_seconds=60)
    assert asked.wait(PATIENCE_SECONDS)
    run.hand_back()
    handed_back.set()
    runner.join()
    assert float(runner.table.run()["lease_expires_at"]) <= time.time()


def test_an_attempt_does_not_change_a_run_that_another_process_owns(runner):
    runner.start(work_until_stopped)
    wait_until(lambda: runner.table.run()["status"] == "BUSY")
    second = Runner(runner.table)
    second.carry_out(lambda _: pytest.fail("the work was started"))
    assert second.ended == 1
    runner.table.request_cancellation()


def test_a_second_reason_to_stop_does_not_replace_the_first(runner):
    run = runner.start(work_until_stopped)
    wait_until(lambda: runner.table.run()["status"] == "BUSY")
    run.stop(StopReason.LEASE_LOST)
    run.stop(StopReason.CANCELLED)
    runner.join()
    assert runner.table.run()["status"] == "BUSY"


def test_the_duration_of_a_completed_first_attempt_is_learned(runner):
    runner.carry_out(outcome)
    assert runner.table.expected_duration().load().seconds < PATIENCE_SECONDS


def test_the_end_of_an_attempt_prints_a_line_for_the_metrics(runner, capsys):
    runner.carry_out(lambda _: dataclasses.replace(OUTCOME, usage={"input_tokens": 7, "output_tokens": 2}))
    (line,) = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert (line["event"], line["sessionId"], line["attempt"]) == ("attempt-ended", SESSION, 1)
    assert (line["input_tokens"], line["output_tokens"]) == (7, 2)
    assert 0 < line["lease_margin_seconds"] <= SETTINGS.lease_seconds


def test_the_heartbeat_writes_the_learned_duration(runner):
    runner.table.expected_duration().learn(7_000.0)

    def work(_task):
        wait_until(lambda: float(runner.table.run()["expected_end_at"]) > time.time() + 6_000)
        assert int(runner.table.run()["expected_ends"]) > time.time() + 6_000
        return OUTCOME

    assert runner.carry_out(work)["status"] == "COMPLETED"


def test_a_step_that_cannot_be_recorded_does_not_end_the_work(runner):
    client = Unreachable(runner.table.client)
    client.broken = False

    def work(task):
        _, recorder = task.hooks
        client.broken = True
        recorder._record(Step(kind=StepKind.TOOL, name="t", status="success", seconds=1))
        client.broken = False
        return OUTCOME

    run = runner.carry_out(work, client=client)
    assert run["status"] == "COMPLETED"
    assert runner.table.steps() == []
