"""The states that start an attempt."""

import pytest

from tests.components import asl
from tests.components.workflow.definitions.machines import BUDGETS, NOW, RUN_NAMES, STATES

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
