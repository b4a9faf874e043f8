"""The workflow's states that start the agent: once for each attempt, and again for as long as it is throttled."""

from __future__ import annotations

from components.settings.model import Budgets
from components.workflow.definitions.states import NOW, State, backoff
from components.workflow.definitions.watch import within_bounds

# Errors of a Lambda task after which it is certain that no agent was invoked, and that repeating does not help.
_NEVER_STARTED = (
    "Lambda.ResourceNotFoundException",
    "Lambda.AccessDeniedException",
    "Runtime.ImportModuleError",
    "Runtime.HandlerNotFound",
    "Runtime.UserCodeSyntaxError",
    "States.Permissions",
)
_LAMBDA_THROTTLED = "Lambda.TooManyRequestsException"
# AgentCore's quota on new sessions is counted by the second: a minute's pause is long enough for any queue.
_START_BACKOFF_LIMIT_SECONDS = 60


def start_agent(start_function_arn: str, budgets: Budgets) -> State:
    """Have the start function invoke the agent, and remember whether it has accepted."""
    outcome = "$states.result.Payload.outcome"
    first_look = within_bounds(budgets, f"{budgets.expected_seconds} / 2")
    return {
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke",
        "TimeoutSeconds": 75,
        "Arguments": {
            "FunctionName": start_function_arn,
            "Payload": {
                "session_id": "{% $session_id %}",
                "attempt": "{% $attempt %}",
                "prompt": "{% $prompt %}",
                "deadline_at": "{% $deadline_at %}",
                "execution_arn": "{% $states.context.Execution.Id %}",
            },
        },
        "Assign": {
            "accepted_attempt": f"{{% {outcome} = 'accepted' ? $attempt : $accepted_attempt %}}",
            "accepted_at": f"{{% {outcome} = 'accepted' ? {NOW} : $accepted_at %}}",
            "throttles": f"{{% {outcome} = 'throttled' ? $throttles + 1 : 0 %}}",
            "wait_seconds": f"{{% {first_look} %}}",
            "failure": (
                f"{{% {outcome} = 'rejected' ? {{'error_type': $states.result.Payload.error_type, "
                "'error_message': 'The agent was not started: ' & $states.result.Payload.error_message} : {} %}"
            ),
        },
        "Retry": [
            {"ErrorEquals": [*_NEVER_STARTED, _LAMBDA_THROTTLED], "MaxAttempts": 0},
            # Repeating an invocation whose answer was lost is safe: the journal lets each attempt begin only once.
            backoff(["States.ALL"], attempts=3, limit_seconds=20),
        ],
        "Catch": [
            {
                # Waited out like AgentCore's own throttling: in the loop, which sees cancellations and the deadline.
                "ErrorEquals": [_LAMBDA_THROTTLED],
                "Assign": {"throttles": "{% $throttles + 1 %}", "failure": {}},
                "Next": "EvaluateStart",
            },
            {
                "ErrorEquals": list(_NEVER_STARTED),
                "Assign": {
                    "failure": {
                        "error_type": "{% $states.errorOutput.Error %}",
                        "error_message": "{% 'The agent was not started: ' "
                        "& $substring($states.errorOutput.Cause, 0, 500) %}",
                    }
                },
                "Next": "RecordFailure",
            },
            # Nobody knows whether the agent has accepted: the journal will tell, or the attempt is taken over.
            {
                "ErrorEquals": ["States.ALL"],
                "Assign": {
                    "accepted_attempt": "{% $attempt %}",
                    "accepted_at": f"{{% {NOW} %}}",
                    "wait_seconds": budgets.poll_min_seconds,
                    "start_error": "{% ' Its last start ended with ' & $states.errorOutput.Error & ': ' "
                    "& $substring($states.errorOutput.Cause, 0, 500) %}",
                },
                "Next": "WaitForRun",
            },
        ],
        "Next": "EvaluateStart",
    }


def evaluate_start() -> State:
    """Fail fast when trying again would not help; wait out throttling for as long as the run may take."""
    limit = _START_BACKOFF_LIMIT_SECONDS
    backoff = f"$min([{limit}, $power(2, $min([$throttles, 10]))]) * (0.5 + $random() / 2)"
    return {
        "Type": "Choice",
        "Choices": [
            {"Condition": "{% $exists($failure.error_type) %}", "Next": "RecordFailure"},
            {
                "Condition": "{% $throttles > 0 %}",
                "Assign": {"wait_seconds": f"{{% {backoff} %}}"},
                "Next": "WaitForRun",
            },
        ],
        "Default": "WaitForRun",
    }
