import json
import re
from datetime import UTC, datetime

import jsonata
import pytest
from statelint.config import Config
from statelint.linter import Linter

from agent.harness.payload import LONGEST_SESSION_ID
from agent.harness.schema import is_own_report
from components.settings import model
from components.settings.budgets import Budgets
from components.settings.model import ExcessRuns, NotifyOn
from components.settings.problems import SettingsError
from components.settings.reading import settings_from_config
from components.settings.schedules import Overlap
from components.workflow.definitions import history, states
from components.workflow.definitions.cancellation import cancellation_definition
from tests.components import asl
from tests.components.workflow.definitions import run_definition

NOW = 1_800_000_000.0
BUDGETS = Budgets()
REPORT = f"s3://b/reports/{'s' * 36}/attempt-1/report.html"
RUN_NAMES = {
    "session_id": "s" * 36,
    "prompt": "look",
    "throttles": 0,
    "looks": 0,
    "failure": {},
    "start_error": "",
    "schedule": "",
    "retry_of": "",
    "is_live": True,
    "current_run": "none",
}

# How Lambda refuses a caller, through the two versions of AWS's SDK for Java; the last one has a long reason.
_REFUSAL = (
    "User: arn:aws:sts::123456789012:assumed-role/agent-runs-dev-workflow/x is not authorized to perform: "
    "lambda:InvokeFunction on resource: arn:aws:lambda:eu-west-1:123456789012:function:start "
)
REFUSALS = [
    f"{_REFUSAL}(Service: AWSLambda; Status Code: 403; Error Code: AccessDeniedException; Request ID: 1; Proxy: null)",
    f"{_REFUSAL}because no identity-based policy allows it (Service: Lambda, Status Code: 403, Request ID: 1)",
    f"{_REFUSAL}{'with an explicit deny ' * 30}(Service: Lambda, Status Code: 403, Request ID: 1)",
]


def definition(budgets=BUDGETS, excess_runs=ExcessRuns.WAIT, notify_on=NotifyOn.CHANGE):
    return run_definition(
        budgets=budgets,
        default_prompt='Say "hello" to\nthe world',
        journal_retention_days=30,
        start_function_arn="arn:aws:lambda:eu-west-1:123456789012:function:start",
        stop_function_arn="arn:aws:lambda:eu-west-1:123456789012:function:stop",
        notify_on=notify_on,
        overlaps={"schedule weekly": Overlap.SKIP, "schedule hourly": Overlap.CANCEL_OLD},
        max_live_runs=2,
        excess_runs=excess_runs,
    )


DEFINITIONS = {
    "workflow": definition(),
    "workflow in which excess runs fail": definition(excess_runs=ExcessRuns.FAIL),
    "workflow with a notification of every outcome": definition(notify_on=NotifyOn.ALWAYS),
    "workflow without notifications": definition(notify_on=NotifyOn.NEVER),
    "cancellation": cancellation_definition(table_name="journal"),
}
STATES = DEFINITIONS["workflow"]["States"]


def check_run(item, *, now=NOW, **variables):
    names = {
        "states": {"result": {"Item": item} if item else {}},
        "attempt": 1,
        "deadline_at": NOW + 3600,
        **RUN_NAMES,
        **variables,
    }
    return asl.evaluate(STATES["CheckRun"]["Assign"], names, now=now)


def evaluate_run(
    run,
    *,
    now=NOW,
    attempt=1,
    accepted_attempt=1,
    accepted_at=NOW,
    deadline_at=NOW + 3600,
    throttles=0,
    schedule="",
    is_live=True,
):
    names = {
        **RUN_NAMES,
        "throttles": throttles,
        "schedule": schedule,
        "is_live": is_live,
        "run": run,
        "attempt": attempt,
        "accepted_attempt": accepted_attempt,
        "accepted_at": accepted_at,
        "deadline_at": deadline_at,
    }
    return asl.choose(STATES["EvaluateRun"], names, now=now)


def where_to(run, **variables):
    return evaluate_run(run, **variables)[0]


def busy(**fields):
    return {"status": "BUSY", "attempt": 1, "lease_expires_at": NOW + 60, **fields}


@pytest.mark.parametrize("machine", DEFINITIONS.values(), ids=DEFINITIONS)
class TestEveryStateMachine:
    def test_passes_the_linter(self, machine):
        linted = json.loads(json.dumps(machine))
        for state in linted["States"].values():
            if state["Type"] == "Wait":  # the linter does not accept an expression for Seconds; Step Functions does
                state["Seconds"] = 1
            for choice in state.get("Choices", []):  # the linter refuses a condition whose value it can compute
                choice["Condition"] = "{% $states.input %}"
        assert Linter.validate(linted, Config(evaluate_jsonata=True)) == []

    def test_has_only_expressions_that_compile(self, machine):
        for expression in asl.expressions(machine):
            jsonata.Jsonata(expression)

    def test_has_no_transition_to_a_missing_state_and_no_unreachable_state(self, machine):
        reached, ahead = set(), {machine["StartAt"]}
        while ahead:
            name = ahead.pop()
            reached.add(name)
            ahead |= asl.successors(machine["States"][name]) - reached
        assert reached == set(machine["States"])

    def test_assigns_no_variable_that_another_entry_of_the_same_assign_reads(self, machine):
        for name, state in machine["States"].items():
            for rule in [state, *state.get("Choices", []), *state.get("Catch", [])]:
                assigned = rule.get("Assign", {})
                for variable, value in assigned.items():
                    read = {n for e in asl.expressions(value) for n in re.findall(r"\$(\w+)", e)}
                    assert not read & (set(assigned) - {variable}), f"{name} assigns {variable}"

    def test_gives_every_task_a_timeout_and_retries(self, machine):
        for state in machine["States"].values():
            if state["Type"] == "Task":
                assert 0 < state["TimeoutSeconds"] <= states.START_TASK_SECONDS
                assert any(retrier.get("JitterStrategy") == "FULL" for retrier in state["Retry"])


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


class TestStarting:
    def start(self, payload, **variables):
        names = {
            "states": {"result": {"Payload": payload}},
            "attempt": 2,
            "accepted_attempt": 1,
            "accepted_at": 5,
            "deadline_at": NOW + 3600,
            **RUN_NAMES,
            **variables,
        }
        assigned = asl.evaluate(STATES["StartAgent"]["Assign"], names, now=NOW)
        return assigned, asl.choose(STATES["EvaluateStart"], names | assigned, now=NOW)

    def test_remembers_which_attempt_was_accepted_and_when(self):
        assigned, (next_state, _) = self.start({"outcome": "accepted"})
        assert (assigned["accepted_attempt"], assigned["accepted_at"]) == (2, NOW)
        assert (next_state, assigned["wait_seconds"]) == ("WaitForRun", BUDGETS.poll_max_seconds)

    def test_fails_at_once_with_the_cause_when_the_start_is_rejected(self):
        payload = {"outcome": "rejected", "error_type": "AccessDeniedException", "error_message": "no"}
        assigned, (next_state, _) = self.start(payload)
        assert next_state == "RecordFailure"
        assert assigned["failure"] == {
            "error_type": "AccessDeniedException",
            "error_message": "The agent was not started: no",
        }

    @pytest.mark.parametrize("payload", [{}, {"error_type": None, "error_message": None}])
    def test_fails_at_once_when_the_start_is_rejected_without_an_error(self, payload):
        assigned, (next_state, _) = self.start({"outcome": "rejected", **payload})
        assert (next_state, assigned["failure"]["error_type"]) == ("RecordFailure", "Unknown")
        assert assigned["failure"]["error_message"].startswith("The agent was not started: ")

    @pytest.mark.parametrize("payload", [None, {}, [], "text", {"outcome": None}, {"outcome": 7}])
    def test_starts_again_when_the_response_to_the_start_has_no_outcome(self, payload):
        assigned, (next_state, _) = self.start(payload)
        assert (next_state, assigned["accepted_attempt"], assigned["throttles"]) == ("WaitForRun", 1, 0)

    @pytest.mark.parametrize("output", [{}, {"Cause": None}, {"Cause": ""}])
    def test_records_an_error_without_a_cause(self, output):
        for catcher in STATES["StartAgent"]["Catch"]:
            names = {"states": {"errorOutput": {"Error": "E", **output}}, "attempt": 1, **RUN_NAMES}
            asl.evaluate(catcher["Assign"], names, now=NOW)

    def caught(self, error, cause="because", **variables):
        """Return the next state and the variables after an error of the Lambda task."""
        names = {"states": {"errorOutput": {"Error": error, "Cause": cause}}, **RUN_NAMES, **variables}
        state = STATES["StartAgent"]
        catcher = next(c for c in state["Catch"] if {error, "States.ALL"} & set(c["ErrorEquals"]))
        return catcher["Next"], names | asl.evaluate(catcher["Assign"], names, now=NOW)

    def test_waits_in_the_loop_when_lambda_throttles_the_start_function(self):
        next_state, known = self.caught("Lambda.TooManyRequestsException", attempt=2, throttles=3, accepted_attempt=1)
        assert (next_state, known["throttles"], known["accepted_attempt"]) == ("EvaluateStart", 4, 1)
        after, waited = asl.choose(STATES["EvaluateStart"], known, now=NOW)
        assert after == "WaitForRun"
        assert 8 <= waited["wait_seconds"] <= 16
        retrier = STATES["StartAgent"]["Retry"][0]
        assert ("Lambda.TooManyRequestsException" in retrier["ErrorEquals"], retrier["MaxAttempts"]) == (True, 0)

    @pytest.mark.parametrize("error", ["Runtime.ImportModuleError", "Lambda.ResourceNotFoundException"])
    def test_fails_at_once_when_the_start_function_cannot_run(self, error):
        next_state, known = self.caught(error, attempt=1)
        assert (next_state, known["failure"]["error_type"]) == ("RecordFailure", error)
        assert known["failure"]["error_message"] == "The agent was not started: because"

    def test_watches_the_journal_when_the_response_to_a_start_was_lost(self):
        next_state, known = self.caught("Sandbox.Timedout", attempt=2, accepted_attempt=1, throttles=3)
        assert (next_state, known["accepted_attempt"], known["accepted_at"]) == ("EvaluateStart", 2, NOW)
        assert known["start_error"] == " The last start failed with Sandbox.Timedout: because"
        assert asl.choose(STATES["EvaluateStart"], known, now=NOW) == ("WaitForRun", {})
        assert known["wait_seconds"] == BUDGETS.poll_min_seconds

    @pytest.mark.parametrize("cause", REFUSALS)
    def test_fails_at_once_with_a_remedy_when_the_role_may_not_invoke_the_start_function(self, cause):
        next_state, known = self.caught("Lambda.AWSLambdaException", cause, attempt=2, accepted_attempt=1, throttles=3)
        assert (next_state, asl.choose(STATES["EvaluateStart"], known, now=NOW)[0]) == (
            "EvaluateStart",
            "RecordFailure",
        )
        assert known["failure"]["error_type"] == "Lambda.AWSLambdaException"
        assert "run `pulumi up` to restore the role's policy" in known["failure"]["error_message"]
        assert cause[:200] in known["failure"]["error_message"]

    @pytest.mark.parametrize(
        ("error", "cause"),
        [
            ("Lambda.AWSLambdaException", "Service unavailable (Service: Lambda, Status Code: 503, Request ID: 1)"),
            ("Lambda.AWSLambdaException", None),
            ("RuntimeError", '{"errorMessage": "AgentCore answered with Status Code: 403"}'),
        ],
    )
    def test_does_not_take_another_error_for_a_refusal_of_lambda(self, error, cause):
        _, known = self.caught(error, cause, attempt=2, accepted_attempt=1)
        assert asl.choose(STATES["EvaluateStart"], known, now=NOW)[0] == "WaitForRun"

    def test_repeats_an_error_of_lambda_that_may_pass(self):
        never, others = STATES["StartAgent"]["Retry"]
        assert "Lambda.AWSLambdaException" not in never["ErrorEquals"]
        assert (others["ErrorEquals"], others["MaxAttempts"]) == (["States.ALL"], 3)

    def test_waits_longer_after_each_throttled_start_up_to_a_minute(self):
        def wait(throttles):
            assigned, (next_state, waited) = self.start({"outcome": "throttled"}, throttles=throttles)
            assert (next_state, assigned["accepted_attempt"]) == ("WaitForRun", 1)
            return waited["wait_seconds"]

        waits = [wait(throttles) for throttles in (0, 2, 4, 400)]
        assert waits == sorted(waits)
        assert 1 <= waits[0] <= 2
        assert 30 <= waits[-1] <= 60


class TestClaiming:
    def claim(self, detail):
        request = {"id": "s" * 36, "time": "2026-01-01T00:00:00Z", "source": "cli", "detail": detail}
        names = {"states": {"input": request, "context": {"Execution": {"Id": "arn:e"}}}}
        arguments = asl.evaluate(STATES["ClaimRun"]["Arguments"], names, now=NOW)
        return {name[1:]: value for name, value in arguments["ExpressionAttributeValues"].items()}

    def test_uses_the_prompt_and_the_requester_of_the_event(self):
        item = self.claim({"prompt": "look", "requested_by": "ann"})
        assert (item["prompt"], item["requested_by"]) == ({"S": "look"}, {"S": "cli: ann"})

    def test_cuts_a_requester_that_is_longer_than_a_name(self):
        assert self.claim({"requested_by": "x" * 100_000})["requested_by"] == {"S": "cli: " + "x" * 195}

    def test_uses_the_default_prompt_if_the_event_has_none(self):
        item = self.claim({})
        assert (item["prompt"], item["requested_by"]) == ({"S": 'Say "hello" to\nthe world'}, {"S": "cli"})

    def test_sets_the_expiry_in_whole_seconds(self):
        assert self.claim({})["expires_at"] == {"N": str(int(NOW) + 30 * 86_400)}


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


class TestAnnouncing:
    def announced(self, run):
        names = {"run": run, "attempt": 1, "states": {"context": {"Execution": {"Id": "arn"}}}, **RUN_NAMES}
        (entry,) = asl.evaluate(STATES["Announce"]["Arguments"]["Entries"], names, now=NOW)
        return entry["Detail"]

    @pytest.mark.parametrize("changed", [True, False])
    def test_contains_whether_the_report_changed(self, changed):
        assert self.announced({"status": "COMPLETED", "changed": changed})["changed"] is changed

    def test_omits_the_attributes_of_the_report_if_there_is_none(self):
        assert {"changed", "report_uri"}.isdisjoint(self.announced({"status": "FAILED", "error_type": "E"}))


class TestNotifying:
    """Which outcomes go to the topic."""

    def states(self, notify_on):
        return definition(notify_on=notify_on)["States"]

    def test_sends_nothing_by_default(self):
        states = self.states(NotifyOn.NEVER)
        assert states["Announce"]["Next"] == "Outcome"
        assert {"Notify", "ChooseNotification"}.isdisjoint(states)

    def test_sends_every_outcome(self):
        assert self.states(NotifyOn.ALWAYS)["Announce"]["Next"] == "Notify"

    @pytest.mark.parametrize(
        ("run", "after"),
        [({"changed": True}, "Notify"), ({"changed": False}, "Outcome"), ({"status": "FAILED"}, "Outcome")],
    )
    def test_sends_only_changed_reports(self, run, after):
        states = self.states(NotifyOn.CHANGE)
        assert states["Announce"]["Next"] == "ChooseNotification"
        assert asl.choose(states["ChooseNotification"], {"run": run}, now=NOW) == (after, {})

    def test_sends_the_announced_detail(self):
        names = {
            "run": {"status": "COMPLETED", "changed": True},
            "attempt": 1,
            "states": {"context": {"Execution": {"Id": "arn"}}},
            **RUN_NAMES,
        }
        (entry,) = asl.evaluate(STATES["Announce"]["Arguments"]["Entries"], names, now=NOW)
        message = asl.evaluate(STATES["Notify"]["Arguments"]["Message"], names, now=NOW)
        assert json.loads(message) == entry["Detail"]

    def test_goes_on_if_the_topic_cannot_be_reached(self):
        assert STATES["Notify"]["Catch"] == [{"ErrorEquals": ["States.ALL"], "Next": "Outcome"}]


def longest_history(budgets):
    """Return the number of events of the longest run: each attempt has the worst expected end, up to the deadline."""
    worst = 0
    wait_seconds = definition(budgets)["States"]["CheckRun"]["Assign"]["wait_seconds"]
    share = budgets.workflow_deadline_seconds / budgets.max_attempts
    spread = [number / 32 for number in range(1, 33)]
    for expected, ends in [
        (1, []),
        (budgets.expected_seconds, []),
        (share / 2, []),
        (28_800, []),
        (1, [200 * end for end in spread]),
        (1, [share * end**3 for end in spread]),
    ]:
        now, loops = NOW, 0
        deadline_at = NOW + budgets.workflow_deadline_seconds
        while now < deadline_at:
            began_at = NOW + (now - NOW) // share * share
            item = {"attempt": {"N": "1"}, "expected_end_at": {"N": str(began_at + expected)}}
            if ends:
                item["expected_ends"] = {"S": " ".join(str(int(began_at + end)) for end in ends)}
            names = {"states": {"result": {"Item": item}}, "deadline_at": deadline_at}
            now += asl.evaluate(wait_seconds, names, now=now)
            loops += 1
        worst = max(worst, loops)
    # A round of a throttled start or of a run that waits for its turn has more events: count each round as the longest.
    return worst * history.EVENTS_OF_LONGEST_LOOP


@pytest.mark.slow
@pytest.mark.parametrize("deadline", [3600, 28_000])
def test_the_longest_history_stays_far_below_the_limit(deadline):
    budgets = Budgets(
        agent_deadline_seconds=deadline - 100, workflow_deadline_seconds=deadline, max_lifetime_seconds=28_800
    )
    assert longest_history(budgets) < history.LIMIT_EVENTS / 2


@pytest.mark.slow
@pytest.mark.parametrize(("deadline", "attempts"), [(600, 1), (28_000, 1), (28_000, 10)])
def test_settings_whose_longest_history_exceeds_the_limit_are_rejected(deadline, attempts):
    values = {"workflowDeadlineSeconds": deadline, "agentDeadlineSeconds": deadline - 1, "maxAttempts": attempts}
    values |= {"maxLifetimeSeconds": 28_800, "pollMinSeconds": 1, "modelId": "amazon.nova-lite-v1:0"}
    values |= {"tags": {"owner": "a@b.example", "cost-center": "1"}}
    refused = []

    def accepted(poll_max):
        try:
            return settings_from_config(
                values | {"pollMaxSeconds": poll_max}, namespace="agent-runs", now=datetime.now(UTC)
            ).budgets
        except SettingsError as error:
            refused.extend(problem.key for problem in error.problems)
            return None

    least = next(filter(None, map(accepted, range(1, 120))))
    assert longest_history(least) < history.LIMIT_EVENTS
    assert set(refused) == ({"agent-runs:pollMaxSeconds"} if deadline > 1_000 else set())


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
