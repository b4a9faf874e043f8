"""The states that read the journal and decide what to do next."""

import pytest

from agent.harness.schema import is_own_report
from tests.components import asl
from tests.components.workflow.definitions.machines import (
    BUDGETS,
    NOW,
    RUN_NAMES,
    STATES,
    busy,
    check_run,
    evaluate_run,
    where_to,
)

REPORT = f"s3://b/reports/{'s' * 36}/attempt-1/report.html"


class TestReadingTheJournal:
    def test_accepts_attributes_in_native_form(self):
        item = {
            "status": {"S": "BUSY"},
            "attempt": {"N": "2"},
            "lease_expires_at": {"N": "1800000060.5"},
            "usage": {"M": {"turns": {"N": "3"}}},
        }
        assert check_run(item)["run"] == {"status": "BUSY", "attempt": 2, "lease_expires_at": 1_800_000_060.5}

    def test_accepts_attributes_in_simplified_form(self):
        item = {"status": "COMPLETED", "attempt": 2, "report_uri": REPORT}
        assert check_run(item)["run"] == {"status": "COMPLETED", "attempt": 2, "report_uri": REPORT}

    @pytest.mark.parametrize(
        "uri",
        [
            "s3://evil/report.html",
            f"s3://b/reports/{'t' * 36}/report.html",
            f"s3://b/reports/{'s' * 36}",
            f"s3://b/reports/{'s' * 37}/report.html",
            f"s3://b/reports/{'s' * 36}/../{'t' * 36}/report.html",
            f"https://evil.example/{REPORT}",
            7,
        ],
    )
    def test_refuses_a_report_that_is_not_below_the_run_s_own_prefix(self, uri):
        run = check_run({"status": "COMPLETED", "attempt": 1, "report_uri": uri, "summary": "Fine."})["run"]
        assert (run["status"], run["summary"], run["error_type"]) == ("COMPLETED", "Fine.", "ReportRefused")
        assert "report_uri" not in run
        assert f"not below s3://b/reports/{'s' * 36}/" in run["error_message"]
        assert not is_own_report(str(uri), bucket="b", session_id="s" * 36), "Python decides the same"
        assert is_own_report(REPORT, bucket="b", session_id="s" * 36)

    def test_returns_no_refused_report(self):
        run = check_run({"status": "COMPLETED", "attempt": 1, "report_uri": "s3://evil/x"})["run"]
        returned = asl.evaluate(STATES["RunCompleted"]["Output"], {**RUN_NAMES, "run": run}, now=NOW)
        expected = {"session_id": "s" * 36, "status": "COMPLETED", "report_uri": "", "error_type": "ReportRefused"}
        assert returned == expected

    def test_keeps_the_error_of_a_failed_run_whose_report_is_refused(self):
        failed = {"status": "FAILED", "attempt": 1, "error_type": "ValueError", "error_message": "no"}
        assert check_run({**failed, "report_uri": "s3://evil/x"})["run"] == failed

    @pytest.mark.parametrize("changed", [True, False])
    def test_accepts_a_boolean_in_either_form(self, changed):
        for attribute in ({"BOOL": changed}, changed):
            run = check_run({"status": {"S": "COMPLETED"}, "attempt": {"N": "1"}, "changed": attribute})["run"]
            assert run["changed"] is changed

    def test_waits_if_the_item_is_missing(self):
        assert check_run(None)["run"] == {"status": "ABSENT"}
        assert where_to({"status": "ABSENT"}) == "WaitForRun"

    def test_keeps_its_own_attempt_if_the_item_has_none(self):
        assert check_run(None, attempt=2)["attempt"] == 2
        assert check_run({"status": {"S": "BUSY"}, "attempt": {"N": "3"}}, attempt=2)["attempt"] == 3

    @pytest.mark.parametrize(
        ("ends", "wait"),
        [
            ([10, 20, 30, 40, 50], 20),  # until a fifth of the remaining ends has passed
            ([-50, -40, -30, 10, 20], 10),  # ends that have passed do not count
            ([30], 30),
            ([1, 1, 1], BUDGETS.poll_min_seconds),
            ([200, 300], BUDGETS.poll_max_seconds),
            ([10, 20, 30, 90, 90, 90, 90, 90, 90, 90], BUDGETS.poll_max_seconds),  # a look would seldom see the end
            ([-80, -20], 20),  # longer than all others: as long again as since the last of them
            ([-3000], BUDGETS.poll_max_seconds),
        ],
    )
    def test_waits_until_some_of_the_last_runs_would_have_ended(self, ends, wait):
        item = {
            "status": {"S": "BUSY"},
            "expected_ends": {"S": " ".join(str(int(NOW + end)) for end in ends)},
            "expected_end_at": {"N": str(NOW + 1)},
        }
        assert check_run(item)["wait_seconds"] == wait
        assert check_run(item | {"expected_ends": item["expected_ends"]["S"]})["wait_seconds"] == wait

    @pytest.mark.parametrize("ends", [{"S": ""}, {"S": "soon"}, {"S": "-1 1e400 x"}, {"N": "12.5"}, {"BOOL": True}])
    def test_ignores_expected_ends_that_are_no_times(self, ends):
        item = {"status": {"S": "BUSY"}, "expected_ends": ends, "expected_end_at": {"N": str(NOW + 80)}}
        assert check_run(item)["wait_seconds"] == 40

    def test_waits_half_of_the_distance_to_the_expected_end_if_no_run_has_ended(self):
        def wait(expected_end_at):
            item = {"status": {"S": "BUSY"}, "attempt": {"N": "1"}, "expected_end_at": {"N": str(expected_end_at)}}
            return check_run(item)["wait_seconds"]

        assert wait(NOW + 80) == 40
        assert wait(NOW - 80) == 40
        assert wait(NOW + 3) == BUDGETS.poll_min_seconds
        assert wait(NOW - 3000) == BUDGETS.poll_max_seconds

    def test_does_not_wait_beyond_the_deadline(self):
        assert check_run(None, deadline_at=NOW + 2.5)["wait_seconds"] == 2.5
        assert check_run(None, deadline_at=NOW - 100)["wait_seconds"] == 1


class TestEvaluatingTheRun:
    @pytest.mark.parametrize("status", ["COMPLETED", "FAILED", "CANCELLED"])
    def test_ends_on_a_terminal_status_even_after_the_deadline(self, status):
        assert where_to({"status": status, "attempt": 1}, now=NOW + 9999) == "StopSession"

    def test_releases_the_schedule_of_an_ended_run(self):
        assert where_to({"status": "FAILED", "attempt": 1}, schedule="schedule weekly") == "ReleaseSchedule"

    def test_waits_until_the_lease_expires(self):
        assert where_to(busy()) == "WaitForRun"

    def test_takes_over_when_the_lease_has_expired(self):
        assert where_to(busy(), now=NOW + 61) == "TakeOver"

    def test_takes_over_when_an_accepted_attempt_does_not_begin(self):
        pending = {"status": "PENDING", "attempt": 1}
        assert where_to(pending, now=NOW + BUDGETS.start_seconds) == "WaitForRun"
        assert where_to(pending, now=NOW + BUDGETS.start_seconds + 1) == "TakeOver"

    def test_starts_an_attempt_that_was_not_accepted(self):
        assert where_to({"status": "PENDING", "attempt": 1}, accepted_attempt=0, accepted_at=0) == "StartAgent"
        throttled = {"attempt": 2, "accepted_attempt": 1, "throttles": 1}
        assert where_to({"status": "PENDING", "attempt": 2}, **throttled) == "StartAgent"

    def test_stops_the_old_session_first_when_the_response_to_the_take_over_was_lost(self):
        assert where_to({"status": "PENDING", "attempt": 2}, attempt=2, accepted_attempt=1) == "StopLostSession"

    def test_fails_the_run_when_the_last_attempt_stops_responding(self):
        next_state, assigned = evaluate_run(
            busy(attempt=BUDGETS.max_attempts), now=NOW + 61, attempt=BUDGETS.max_attempts
        )
        assert (next_state, assigned["failure"]["error_type"]) == ("RecordFailure", "AgentLost")

    @pytest.mark.parametrize(
        ("model_unavailable_in", "error_type"), [(BUDGETS.max_attempts, "ModelUnavailable"), (1, "AgentLost")]
    )
    def test_distinguishes_a_missing_model_from_a_lost_last_attempt(self, model_unavailable_in, error_type):
        run = busy(
            attempt=BUDGETS.max_attempts, model_unavailable_in=model_unavailable_in, model_error="Too many tokens"
        )
        next_state, assigned = evaluate_run(run, now=NOW + 61, attempt=BUDGETS.max_attempts)
        assert (next_state, assigned["failure"]["error_type"]) == ("RecordFailure", error_type)
        assert ("Too many tokens" in assigned["failure"]["error_message"]) == (error_type == "ModelUnavailable")

    def test_fails_the_run_at_the_deadline_with_any_other_status(self):
        for run in (busy(), {"status": "PENDING", "attempt": 1}, {"status": "ABSENT"}, {"status": "UNREADABLE"}):
            next_state, assigned = evaluate_run(run, deadline_at=NOW)
            assert (next_state, assigned["failure"]["error_type"]) == ("RecordFailure", "DeadlineExceeded")

    def test_cancels_a_pending_run_at_once(self):
        assert where_to({"status": "PENDING", "attempt": 1, "cancel_requested_at": NOW}) == "RecordCancellation"

    def test_lets_a_busy_agent_cancel_its_own_run_first(self):
        assert where_to(busy(cancel_requested_at=NOW - 1)) == "WaitForRun"

    def test_cancels_the_run_if_the_agent_ignores_the_cancellation_or_stops_responding(self):
        overdue = busy(cancel_requested_at=NOW - BUDGETS.lease_seconds - 1)
        assert where_to(overdue) == "RecordCancellation"
        assert where_to(busy(cancel_requested_at=NOW), now=NOW + 61) == "RecordCancellation"


def test_a_dead_agent_is_detected_within_a_lease_and_the_longest_wait():
    dies_at = NOW
    item = {
        "status": {"S": "BUSY"},
        "attempt": {"N": "1"},
        "lease_expires_at": {"N": str(dies_at + BUDGETS.lease_seconds)},
        "expected_end_at": {"N": str(dies_at + 3000)},
    }
    now = dies_at
    while True:
        checked = check_run(item, now=now)
        if where_to(checked["run"], now=now) == "TakeOver":
            break
        now += checked["wait_seconds"]
    assert now - dies_at <= BUDGETS.lease_seconds + BUDGETS.poll_max_seconds
