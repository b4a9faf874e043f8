"""The workflow's states that start the agent: once for each attempt, and again while starts are throttled."""

from __future__ import annotations

import dataclasses
import json

from agent.harness.payload import StartPayload
from agent.harness.schema import Attribute
from agent.harness.telemetry import StartOutcome
from components.settings.budgets import Budgets
from components.workflow.definitions.states import (
    CAUGHT_CAUSE,
    CAUGHT_ERROR,
    NOW,
    START_TASK_SECONDS,
    State,
    backoff,
    wait_seconds,
)

# Errors of a Lambda task that prove that no agent was invoked, and that a retry would not help.
_NEVER_STARTED = (
    "Lambda.ResourceNotFoundException",
    "Runtime.ImportModuleError",
    "Runtime.HandlerNotFound",
    "Runtime.UserCodeSyntaxError",
    "States.Permissions",
)
_LAMBDA_THROTTLED = "Lambda.TooManyRequestsException"
# How Lambda refuses a role that may not invoke the function. Step Functions reports it as `Lambda.AWSLambdaException`,
# the name of Lambda's passing faults too, so only the cause tells them apart. It ends with "(Service: Lambda, Status
# Code: 403, Request ID: ...)", or "(Service: AWSLambda; Status Code: 403; Error Code: AccessDeniedException; ...)".
# Retry blocks cannot read a cause: a refused start is repeated like any other (three times in 7 s at most).
_REFUSED = "Status Code: 403"
_REFUSED_REMEDY = (
    "The agent was not started, because the workflow's role may not invoke the start function: run `pulumi up` to "
    "restore the role's policy, then request the run again. "
)
# AgentCore counts its quota on new sessions by the second, so a pause of a minute is long enough for any queue.
_START_BACKOFF_LIMIT_SECONDS = 60


def start_agent(start_function_arn: str, budgets: Budgets) -> State:
    """Return the state that invokes the start function and remembers whether the agent has accepted."""
    outcome = "$states.result.Payload.outcome"
    first_wait = wait_seconds(budgets, f"{budgets.expected_seconds} / 2")
    accepted = f"{outcome} = '{StartOutcome.ACCEPTED}'"
    error_type, error_message = "$states.result.Payload.error_type", "$states.result.Payload.error_message"
    # The whole cause, because a refusal may have more characters than the message that is recorded.
    refused = (
        f"$substringBefore({CAUGHT_ERROR}, '.') = 'Lambda' "
        f"? $contains($string($states.errorOutput.Cause), '{_REFUSED}') : false"
    )
    return {
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke",
        "TimeoutSeconds": START_TASK_SECONDS,
        "Arguments": {
            "FunctionName": start_function_arn,
            "Payload": {
                # Each field has a variable of the same name.
                **{field.name: f"{{% ${field.name} %}}" for field in dataclasses.fields(StartPayload)},
                "execution_arn": "{% $states.context.Execution.Id %}",
            },
        },
        "Assign": {
            "accepted_attempt": f"{{% {accepted} ? $attempt : $accepted_attempt %}}",
            "accepted_at": f"{{% {accepted} ? {NOW} : $accepted_at %}}",
            "throttles": f"{{% {outcome} = '{StartOutcome.THROTTLED}' ? $throttles + 1 : 0 %}}",
            "wait_seconds": f"{{% {first_wait} %}}",
            "failure": (
                f"{{% {outcome} = '{StartOutcome.REJECTED}' "
                f"? {{'{Attribute.ERROR_TYPE}': $type({error_type}) = 'string' ? {error_type} : 'Unknown', "
                f"'{Attribute.ERROR_MESSAGE}': 'The agent was not started: ' "
                f"& ($type({error_message}) = 'string' ? {error_message} : 'no reason was given')}} : {{}} %}}"
            ),
        },
        "Retry": [
            {"ErrorEquals": [*_NEVER_STARTED, _LAMBDA_THROTTLED], "MaxAttempts": 0},
            # It is safe to repeat an invocation whose response was lost: in the journal each attempt begins only once.
            backoff(["States.ALL"], attempts=3, limit_seconds=20),
        ],
        "Catch": [
            {
                # The loop waits, as it does when AgentCore throttles: it sees cancellations and the deadline.
                "ErrorEquals": [_LAMBDA_THROTTLED],
                "Assign": {"throttles": "{% $throttles + 1 %}", "failure": {}},
                "Next": "EvaluateStart",
            },
            {
                "ErrorEquals": list(_NEVER_STARTED),
                "Assign": {
                    "failure": {
                        Attribute.ERROR_TYPE: f"{{% {CAUGHT_ERROR} %}}",
                        Attribute.ERROR_MESSAGE: f"{{% 'The agent was not started: ' & {CAUGHT_CAUSE} %}}",
                    }
                },
                "Next": "RecordFailure",
            },
            # A refused start fails the run. After any other error it is unknown whether the agent has accepted: the
            # journal shows it, or the attempt is taken over.
            {
                "ErrorEquals": ["States.ALL"],
                "Assign": {
                    "accepted_attempt": "{% $attempt %}",
                    "accepted_at": f"{{% {NOW} %}}",
                    "throttles": 0,
                    "wait_seconds": budgets.poll_min_seconds,
                    "start_error": f"{{% ' The last start failed with ' & {CAUGHT_ERROR} & ': ' & {CAUGHT_CAUSE} %}}",
                    "failure": (
                        f"{{% ({refused}) ? {{'{Attribute.ERROR_TYPE}': {CAUGHT_ERROR}, '{Attribute.ERROR_MESSAGE}': "
                        f"{json.dumps(_REFUSED_REMEDY)} & {CAUGHT_CAUSE}}} : {{}} %}}"
                    ),
                },
                "Next": "EvaluateStart",
            },
        ],
        "Next": "EvaluateStart",
    }


def evaluate_start() -> State:
    """Return the state that fails the run if the start was rejected or refused, and waits if it was throttled."""
    pause = f"$min([{_START_BACKOFF_LIMIT_SECONDS}, $power(2, $min([$throttles, 10]))]) * (0.5 + $random() / 2)"
    return {
        "Type": "Choice",
        "Choices": [
            {"Condition": f"{{% $exists($failure.{Attribute.ERROR_TYPE}) %}}", "Next": "RecordFailure"},
            {
                "Condition": "{% $throttles > 0 %}",
                "Assign": {"wait_seconds": f"{{% {pause} %}}"},
                "Next": "WaitForRun",
            },
        ],
        "Default": "WaitForRun",
    }
