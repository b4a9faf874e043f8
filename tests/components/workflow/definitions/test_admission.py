"""The states that wait for the turn of a run, and those that look at an earlier run."""

import pytest

from agent.harness.payload import LONGEST_SESSION_ID
from components.settings import model
from components.settings.model import ExcessRuns
from tests.components import asl
from tests.components.workflow.definitions.machines import (
    BUDGETS,
    NOW,
    RUN_NAMES,
    STATES,
    definition,
    evaluate_run,
    where_to,
)


class TestOverlap:
    """What the run of a schedule does if the last one has not ended."""

    def found(self, item, *, schedule="schedule weekly", **variables):
        """Return the next state after the run that holds the schedule was read, and the variables."""
        names = RUN_NAMES | {"schedule": schedule, "current_run": "old", "deadline_at": NOW + 3600} | variables
        result = {"Item": item} if item else {}
        names |= asl.evaluate(STATES["ReadCurrentRun"]["Assign"], names | {"states": {"result": result}}, now=NOW)
        after, assigned = asl.choose(STATES["EvaluateOverlap"], names, now=NOW)
        return after, names | assigned

    def holder(self, item):
        names = {"states": {"result": {"Item": item} if item else {}}}
        return asl.evaluate(STATES["FindCurrentRun"]["Assign"], names, now=NOW)["current_run"]

    def test_is_skipped_and_names_the_run_that_has_not_ended(self):
        after, known = self.found({"status": {"S": "BUSY"}})
        assert (after, known["failure"]["error_type"]) == ("RecordSkip", "ScheduleOverlap")
        assert known["failure"]["error_message"].startswith("The last run of this schedule, old, has not ended")

    def test_marks_the_old_run_for_cancellation_and_claims_its_schedule(self):
        after, known = self.found({"status": {"S": "PENDING"}}, schedule="schedule hourly")
        assert (after, STATES[after]["Next"]) == ("CancelCurrentRun", "ClaimSchedule")
        arguments = asl.evaluate(STATES["CancelCurrentRun"]["Arguments"], known, now=NOW)
        assert arguments["Key"]["PK"] == {"S": "old"}
        values = arguments["ExpressionAttributeValues"]
        assert values[":cancel_requested_by"] == {"S": f"schedule hourly, run {'s' * 36}"}
        claim = asl.evaluate(STATES["ClaimSchedule"]["Arguments"], known, now=NOW)
        assert claim["ExpressionAttributeValues"][":replaced"] == {"S": "old"}

    @pytest.mark.parametrize("status", ["COMPLETED", "FAILED", "CANCELLED", None])
    def test_claims_the_schedule_of_a_run_that_has_ended_or_is_gone(self, status):
        assert self.found({"status": {"S": status}} if status else None)[0] == "ClaimSchedule"

    def test_claims_the_schedule_after_its_release(self):
        assert self.holder({"session_id": {"S": "old"}}) == "old"
        assert self.holder(None) == self.holder({}) == "none"

    def test_claims_again_if_it_holds_the_schedule_itself(self):
        assert self.found({"status": {"S": "PENDING"}}, current_run="s" * 36)[0] == "ClaimSchedule"


class TestLiveRuns:
    """The limit on live runs: 2."""

    FULL = ["1800000100 a", "1800000200 b"]  # noqa: RUF012

    def checked(self, entries, machine=STATES, native=True):
        """Return the next state after the live runs were read, and the variables."""
        item = {"runs": {"SS" if native else "Ss": entries}} if entries else {}
        names = RUN_NAMES | {"is_live": False, "deadline_at": NOW + 3600, "states": {"result": {"Item": item}}}
        names |= asl.evaluate(machine["CheckLiveRuns"]["Assign"], names, now=NOW)
        after, assigned = asl.choose(machine["EvaluateLiveRuns"], names, now=NOW)
        return after, names | assigned

    def test_a_run_waits_while_the_maximum_number_of_runs_is_live(self):
        for native in (True, False):
            after, known = self.checked(self.FULL, native=native)
            assert after == "WaitForRun"
            assert BUDGETS.poll_max_seconds <= known["wait_seconds"] <= 1.5 * BUDGETS.poll_max_seconds

    def test_the_setting_fail_ends_a_run_in_place_of_waiting(self):
        failing = definition(excess_runs=ExcessRuns.FAIL)["States"]
        after, known = self.checked(self.FULL, failing)
        assert (after, known["failure"]["error_type"]) == ("RecordFailure", "TooManyRuns")
        assert failing["JoinLiveRuns"]["Catch"][0]["Next"] == "CheckLiveRuns"

    @pytest.mark.parametrize("entries", [[], ["1800000100 a"]])
    def test_a_run_starts_when_fewer_runs_are_live(self, entries):
        assert self.checked(entries)[0] == "JoinLiveRuns"

    @pytest.mark.parametrize(
        "entries", [["1799999999 old"], ["nonsense"], ["9" * 400 + " x"], ["1799999998 old", "1799999999 old"]]
    )
    def test_expired_and_foreign_entries_are_removed(self, entries):
        for machine in (STATES, definition(excess_runs=ExcessRuns.FAIL)["States"]):
            after, known = self.checked([*self.FULL, *entries], machine)
            assert after == "RemoveExpiredRuns"
            arguments = asl.evaluate(machine["RemoveExpiredRuns"]["Arguments"], known, now=NOW)
            assert arguments["ExpressionAttributeValues"] == {":entries": {"SS": entries}}

    def test_a_waiting_run_checks_again_and_can_be_cancelled(self):
        pending = {"status": "PENDING", "attempt": 1}
        waiting = {"accepted_attempt": 0, "accepted_at": 0, "is_live": False}
        assert where_to(pending, **waiting) == "CheckLiveRuns"
        assert where_to(pending | {"cancel_requested_at": NOW}, **waiting) == "RecordCancellation"

    def test_a_run_that_never_gets_its_turn_fails_at_its_deadline(self):
        next_state, assigned = evaluate_run({"status": "PENDING", "attempt": 1}, deadline_at=NOW, is_live=False)
        assert (next_state, assigned["failure"]["error_type"]) == ("RecordFailure", "TooManyRuns")

    def test_the_largest_set_fits_into_what_a_state_may_read(self):
        entry = f'"1800000000 {"s" * LONGEST_SESSION_ID}",'
        assert model.MOST_LIVE_RUNS * len(entry) < 256 * 1024 * 0.95  # the rest is for the keys around the set


class TestRetrying:
    """What a request with `retry_of` finds of the earlier run."""

    OLD = "o" * 36

    def found(self, item):
        """Return the next state after the earlier run was read, and the variables."""
        names = RUN_NAMES | {"retry_of": self.OLD, "attempt": 1, "prompt": ""}
        result = {"Item": item} if item else {}
        names |= asl.evaluate(STATES["ReadRetried"]["Assign"], names | {"states": {"result": result}}, now=NOW)
        after, assigned = asl.choose(STATES["EvaluateRetried"], names, now=NOW)
        return after, names | assigned

    @pytest.mark.parametrize("status", ["COMPLETED", "FAILED", "CANCELLED"])
    def test_gets_the_prompt_of_a_run_that_has_ended(self, status):
        after, known = self.found({"status": {"S": status}, "prompt": {"S": "Which?"}})
        assert (after, known["prompt"]) == ("RecordRetry", "Which?")
        values = asl.evaluate(STATES["RecordRetry"]["Arguments"], known, now=NOW)["ExpressionAttributeValues"]
        assert (values[":prompt"], values[":retry_of"]) == ({"S": "Which?"}, {"S": self.OLD})

    @pytest.mark.parametrize(
        ("item", "message"),
        [
            (None, "is not in the journal"),
            ({"cancel_requested_at": {"N": "1"}}, "is not in the journal"),
            ({"status": {"S": "FAILED"}}, "is not in the journal"),
            ({"status": {"S": "CANCELLED"}, "prompt": {"S": ""}}, "is not in the journal"),
            ({"status": {"S": "BUSY"}, "prompt": {"S": "look"}}, "has not ended"),
            (
                {"status": {"S": "FAILED"}, "prompt": {"S": "look"}, "error_type": {"S": "InvalidRequest"}},
                "was refused because of its request",
            ),
            ({"status": {"S": "FAILED"}, "prompt": {"S": "x" * 101}}, "has a prompt of more than 100 characters"),
        ],
    )
    def test_is_refused_without_a_usable_prompt(self, item, message):
        after, known = self.found(item)
        assert (after, known["failure"]["error_type"]) == ("RecordFailure", "InvalidRequest")
        assert known["failure"]["error_message"].startswith(f"The run {self.OLD} {message}")
