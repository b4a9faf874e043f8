"""The workflow, as a pure function from settings to Amazon States Language with JSONata.

The workflow claims a run, starts its agent, lets go, and watches the journal until the run has ended. Every round of
its loop reads the journal and decides anew from what it says, so that it does not matter who wrote it, or how often a
state was retried or redriven. Only the workflow raises `attempt`; whatever it writes is conditional on the attempt and
on a live status, like the agent's own writes (agent/journal.py).

Variables (JSONata, `$name`): `session_id`, `requested_at`, `prompt`, `deadline_at`, `attempt` (the journal's),
`accepted_attempt` and `accepted_at` (the last attempt that the agent has accepted; 0 before the first), `throttles` (in
a row), `wait_seconds`, `run` (what the journal said last), `cancelled` (before it was claimed), `failure` (what the
workflow is about to record) and `start_error` (why nobody knows whether the agent has accepted).

Step Functions evaluates the entries of one `Assign` all at once; so none of them here reads what another one assigns.
"""

from __future__ import annotations

import json
from typing import Any

from agent.journal import RUN_KIND, TTL_ATTRIBUTE, Status
from components import event_types
from components.journal_states import (
    CONDITION_FAILED,
    NOW,
    Attribute,
    State,
    backoff,
    expires_at,
    journal_retry,
    now,
    number,
    run_key,
    update_run,
)
from components.settings import Budgets

_LOST = "AgentLost"
_TERMINAL = (Status.COMPLETED, Status.FAILED, Status.CANCELLED)
# What the loop needs of the item: DynamoDB answers in native form; the simplified one is understood too.
_RUN_FIELDS = (
    "status",
    "attempt",
    "lease_expires_at",
    "cancel_requested_at",
    "requested_by",
    "report_uri",
    "summary",
    "changed",
    "error_type",
    "error_message",
)
_PLAIN = (
    "$plain := function($a) { $type($a) != 'object' ? $a "
    ": $exists($a.S) ? $a.S : $exists($a.BOOL) ? $a.BOOL : $number($a.N) };"
)

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
# Who asks is a name; whatever else is put there must not make an item that states cannot pass on.
_LONGEST_REQUESTER_CHARACTERS = 200

# The backstop behind the workflow's own deadline: if it ever ends a run, the loop is broken.
_BACKSTOP_SECONDS = 3_600
# AgentCore's quota on new sessions is counted by the second: a minute's pause is long enough for any queue.
_START_BACKOFF_LIMIT_SECONDS = 60


def definition(
    *,
    budgets: Budgets,
    max_prompt_characters: int,
    default_prompt: str,
    journal_retention_days: int,
    table_name: str,
    start_function_arn: str,
    stop_function_arn: str,
    bus_name: str,
) -> dict[str, Any]:
    """Build the workflow that takes one run from its event to its outcome.

    Args:
        budgets: How long everything may take.
        max_prompt_characters: Longest prompt that is accepted.
        default_prompt: What is asked of the agent when the event has no prompt.
        journal_retention_days: How long the run stays in the journal.
        table_name: The journal.
        start_function_arn: Starts a session (functions/start.py).
        stop_function_arn: Stops a session (functions/stop.py).
        bus_name: Takes the outcome event.

    Returns:
        The state machine. Its input is `{session_id, requested_at, source, detail: {prompt?, requested_by?}}`.
    """
    prompt = _prompt(default_prompt, max_prompt_characters)
    return {
        "Comment": "Claims a run, starts its agent, lets go, and watches the journal until the run has ended.",
        "QueryLanguage": "JSONata",
        "TimeoutSeconds": int(budgets.workflow_deadline_seconds) + _BACKSTOP_SECONDS,
        "StartAt": "ClaimRun",
        "States": {
            "ClaimRun": _claim_run(table_name, prompt, budgets, journal_retention_days),
            "DuplicateEvent": {"Type": "Succeed", "Comment": "Another execution has this run: nothing to do."},
            "CheckRequest": _check_request(max_prompt_characters),
            "StartAgent": _start_agent(start_function_arn, budgets),
            "EvaluateStart": _evaluate_start(),
            "WaitForRun": {"Type": "Wait", "Seconds": "{% $ceil($wait_seconds) %}", "Next": "CheckRun"},
            "CheckRun": _check_run(table_name, budgets),
            "EvaluateRun": _evaluate_run(budgets),
            "TakeOver": _take_over(table_name),
            "StopLostSession": _stop_session(stop_function_arn, "StartAgent"),
            "RecordFailure": _record_end(
                table_name,
                journal_retention_days,
                Status.FAILED,
                {"error_type": "{% $failure.error_type %}", "error_message": "{% $failure.error_message %}"},
            ),
            "RecordCancellation": _record_end(
                table_name, journal_retention_days, Status.CANCELLED, {"progress": "Cancelled by the workflow"}
            ),
            "StopSession": _stop_session(stop_function_arn, "Announce"),
            "Announce": _announce(bus_name),
            "Outcome": {
                "Type": "Choice",
                "Choices": [
                    {"Condition": f"{{% $run.status = '{Status.COMPLETED}' %}}", "Next": "RunCompleted"},
                    {"Condition": f"{{% $run.status = '{Status.CANCELLED}' %}}", "Next": "RunCancelled"},
                    # A state for each outcome: the states that are entered are what runs are counted by.
                    {"Condition": f"{{% $run.error_type = '{_LOST}' %}}", "Next": "RunLost"},
                ],
                "Default": "RunFailed",
            },
            "RunCompleted": {"Type": "Succeed", "Output": _outcome_output()},
            "RunCancelled": {"Type": "Succeed", "Output": _outcome_output()},
            "RunLost": _failure_output(),
            "RunFailed": _failure_output(),
        },
    }


def _claim_run(table_name: str, prompt: str, budgets: Budgets, journal_retention_days: int) -> State:
    """Make the run's item, once. An update and not a put, so that a cancellation that came first is kept."""
    fields: dict[str, Attribute] = {
        "status": {"S": Status.PENDING},
        "kind": {"S": RUN_KIND},
        "attempt": {"N": "1"},
        "prompt": {"S": f"{{% {prompt} %}}"},
        "requested_at": {"S": "{% $states.input.requested_at %}"},
        "requested_by": {
            "S": "{% $type($states.input.detail.requested_by) = 'string' "
            f"? $substring($states.input.detail.requested_by, 0, {_LONGEST_REQUESTER_CHARACTERS}) "
            ": $states.input.source %}"
        },
        "deadline_at": number(f"{NOW} + {budgets.workflow_deadline_seconds}"),
        "execution_arn": {"S": "{% $states.context.Execution.Id %}"},
        "progress": {"S": "Waiting for the agent"},
        TTL_ATTRIBUTE: expires_at(journal_retention_days),
    }
    claim = update_run(
        table_name,
        "$states.input.session_id",
        fields,
        # The second half: our own first try, whose answer was lost.
        condition="attribute_not_exists(#status) OR #execution_arn = :execution_arn",
    )
    claim["Arguments"]["ReturnValues"] = "ALL_NEW"
    return {
        **claim,
        "Assign": {
            "session_id": "{% $states.input.session_id %}",
            "requested_at": "{% $states.input.requested_at %}",
            "prompt": f"{{% {prompt} %}}",
            "deadline_at": "{% $number($states.result.Attributes.deadline_at.N) %}",
            "attempt": 1,
            "accepted_attempt": 0,
            "accepted_at": 0,
            "throttles": 0,
            "wait_seconds": 0,
            "run": {"status": Status.PENDING},
            "cancelled": "{% $exists($states.result.Attributes.cancel_requested_at) %}",
            "failure": {},
            "start_error": "",
        },
        # The request as it came: CheckRequest says what is wrong with it.
        "Output": "{% $states.input %}",
        "Catch": [{"ErrorEquals": [CONDITION_FAILED], "Next": "DuplicateEvent"}],
        "Next": "CheckRequest",
    }


def _check_request(max_prompt_characters: int) -> State:
    wrong = (
        "$exists($states.input.detail.prompt) and ($type($states.input.detail.prompt) != 'string' "
        "or $trim($states.input.detail.prompt) = '' "
        f"or $length($states.input.detail.prompt) > {max_prompt_characters})"
    )
    return {
        "Type": "Choice",
        "Comment": "After the claim, so that a bad request too is in the journal and has an outcome.",
        "Choices": [
            {"Condition": "{% $cancelled %}", "Next": "RecordCancellation"},
            {
                "Condition": f"{{% {wrong} %}}",
                "Assign": {
                    "failure": {
                        "error_type": "InvalidRequest",
                        "error_message": (
                            "The event's prompt cannot be used: give a string that is not blank and has "
                            f"{max_prompt_characters} characters at most, or leave it out for the default"
                        ),
                    }
                },
                "Next": "RecordFailure",
            },
        ],
        "Default": "StartAgent",
    }


def _start_agent(start_function_arn: str, budgets: Budgets) -> State:
    outcome = "$states.result.Payload.outcome"
    first_look = _clamped(budgets, f"{budgets.expected_seconds} / 2")
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


def _evaluate_start() -> State:
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


def _check_run(table_name: str, budgets: Budgets) -> State:
    item = "$states.result.Item"
    fields = ", ".join(f"'{name}': $plain({item}.{name})" for name in _RUN_FIELDS)
    distance = f"$abs($plain({item}.expected_end_at) - {NOW}) / 2"
    wait = f"$exists({item}.expected_end_at) ? {distance} : {budgets.poll_min_seconds}"
    return {
        "Type": "Task",
        "Resource": "arn:aws:states:::dynamodb:getItem",
        "TimeoutSeconds": 30,
        "Arguments": {
            "TableName": table_name,
            "Key": run_key("$session_id"),
            "ConsistentRead": True,
            # All but the prompt, which may be long.
            "ProjectionExpression": ", ".join(f"#{name}" for name in (*_RUN_FIELDS, "expected_end_at")),
            "ExpressionAttributeNames": {f"#{name}": name for name in (*_RUN_FIELDS, "expected_end_at")},
        },
        "Assign": {
            "run": f"{{% ({_PLAIN} $exists({item}) ? {{{fields}}} : {{'status': 'ABSENT'}}) %}}",
            "attempt": f"{{% ({_PLAIN} $exists({item}.attempt) ? $number($plain({item}.attempt)) : $attempt) %}}",
            "wait_seconds": f"{{% ({_PLAIN} {_clamped(budgets, f'({wait})')}) %}}",
        },
        "Retry": journal_retry(),
        # An unreadable journal is not the run's end: look again, until the deadline.
        "Catch": [
            {
                "ErrorEquals": ["States.ALL"],
                "Assign": {"run": {"status": "UNREADABLE"}, "wait_seconds": budgets.poll_max_seconds},
                "Next": "EvaluateRun",
            }
        ],
        "Next": "EvaluateRun",
    }


def _evaluate_run(budgets: Budgets) -> State:
    terminal = ", ".join(f"'{status}'" for status in _TERMINAL)
    unstarted = f"$run.status = '{Status.PENDING}' and $attempt > $accepted_attempt"
    never_began = f"$run.status = '{Status.PENDING}' and {NOW} > $accepted_at + {budgets.start_seconds}"
    lease_expired = f"$run.status = '{Status.BUSY}' and {NOW} > $run.lease_expires_at"
    lost = f"(({never_began}) or ({lease_expired}))"
    overdue = f"{NOW} > $run.cancel_requested_at + {budgets.lease_seconds}"
    return {
        "Type": "Choice",
        "Choices": [
            {"Condition": f"{{% $run.status in [{terminal}] %}}", "Next": "StopSession"},
            {
                # A busy agent cancels itself at its next heartbeat. One that does not is cancelled from here.
                "Condition": (
                    f"{{% $exists($run.cancel_requested_at) and "
                    f"($run.status = '{Status.PENDING}' or {lost} or {overdue}) %}}"
                ),
                "Next": "RecordCancellation",
            },
            {
                "Condition": f"{{% {NOW} >= $deadline_at %}}",
                "Assign": {
                    "failure": {
                        "error_type": "DeadlineExceeded",
                        "error_message": (
                            f"The run did not end within {budgets.workflow_deadline_seconds} s of its request: "
                            "ask for less, or raise workflowDeadlineSeconds"
                        ),
                    }
                },
                "Next": "RecordFailure",
            },
            {
                # Taken over by a write whose answer was lost: the lost session is still to be stopped.
                "Condition": f"{{% {unstarted} and $attempt > 1 and $throttles = 0 %}}",
                "Next": "StopLostSession",
            },
            {"Condition": f"{{% {unstarted} %}}", "Next": "StartAgent"},
            {"Condition": f"{{% {lost} and $attempt < {budgets.max_attempts} %}}", "Next": "TakeOver"},
            {
                "Condition": f"{{% {lost} %}}",
                "Assign": {
                    "failure": {
                        "error_type": _LOST,
                        "error_message": (
                            f"{{% 'The agent was lost {budgets.max_attempts} times without a word: "
                            "the logs of its session say how far it came.' & $start_error %}"
                        ),
                    }
                },
                "Next": "RecordFailure",
            },
        ],
        "Default": "WaitForRun",
    }


def _take_over(table_name: str) -> State:
    """Raise the attempt, unless the agent has just been heard of; whoever had the old one is fenced off from now on."""
    take_over = update_run(
        table_name,
        "$session_id",
        {
            "status": {"S": Status.PENDING},
            "attempt": number("$attempt + 1"),
            "progress": {"S": "{% 'Attempt ' & $attempt & ' was lost: starting the next one' %}"},
        },
        condition=(
            "#attempt = :lost AND #status = :seen AND "
            "(attribute_not_exists(#lease_expires_at) OR #lease_expires_at < :now)"
        ),
        values={"lost": number("$attempt"), "seen": {"S": "{% $run.status %}"}, "now": now()},
    )
    return {
        **take_over,
        "Assign": {"attempt": "{% $attempt + 1 %}"},
        "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "CheckRun"}],
        "Next": "StopLostSession",
    }


def _record_end(table_name: str, journal_retention_days: int, status: Status, fields: dict[str, str]) -> State:
    """End a run in the journal; CheckRun then reads the end, this one or the agent's own if that came first.

    An item that has vanished is made anew with what lists it and what lets it expire.

    Nothing is caught here but a lost race: when the journal cannot be written the execution fails at this state, from
    where it can be redriven.
    """
    return {
        **update_run(
            table_name,
            "$session_id",
            {
                "status": {"S": status},
                "kind": {"S": RUN_KIND},
                "requested_at": {"S": "{% $requested_at %}"},
                TTL_ATTRIBUTE: expires_at(journal_retention_days),
                "finished_at": now(),
                "attempt": number("$attempt"),
                **{name: {"S": value} for name, value in fields.items()},
            },
            condition="attribute_not_exists(#status) OR (#attempt = :attempt AND #status IN (:pending, :busy))",
            values={"pending": {"S": Status.PENDING}, "busy": {"S": Status.BUSY}},
        ),
        "Catch": [{"ErrorEquals": [CONDITION_FAILED], "Next": "CheckRun"}],
        "Next": "CheckRun",
    }


def _stop_session(stop_function_arn: str, after: str) -> State:
    """Stop the microVM; if that fails it idles out by itself, so nothing waits for it."""
    return {
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke",
        "TimeoutSeconds": 75,
        "Arguments": {"FunctionName": stop_function_arn, "Payload": {"session_id": "{% $session_id %}"}},
        "Retry": [backoff(["States.ALL"], attempts=4, limit_seconds=20)],
        "Catch": [{"ErrorEquals": ["States.ALL"], "Next": after}],
        "Next": after,
    }


def _announce(bus_name: str) -> State:
    detail = ", ".join(
        f"'{name}': $run.{name}"
        for name in ("status", "requested_by", "report_uri", "summary", "changed", "error_type", "error_message")
    )
    return {
        "Type": "Task",
        "Resource": "arn:aws:states:::events:putEvents",
        "TimeoutSeconds": 30,
        "Arguments": {
            "Entries": [
                {
                    "EventBusName": bus_name,
                    "Source": event_types.SOURCE,
                    "DetailType": event_types.RUN_ENDED,
                    "Detail": (
                        "{% {'session_id': $session_id, 'attempt': $attempt, 'prompt': $prompt, "
                        f"'execution_arn': $states.context.Execution.Id, {detail}}} %}}"
                    ),
                }
            ]
        },
        "Retry": [backoff(["States.ALL"], attempts=8, limit_seconds=60)],
        "Next": "Outcome",
    }


def _outcome_output() -> dict[str, str]:
    return {
        "session_id": "{% $session_id %}",
        "status": "{% $run.status %}",
        "report_uri": "{% $exists($run.report_uri) ? $run.report_uri : '' %}",
    }


def _failure_output() -> State:
    return {
        "Type": "Fail",
        "Error": "{% $exists($run.error_type) ? $run.error_type : 'Unknown' %}",
        "Cause": "{% 'Run ' & $session_id & ' failed in attempt ' & $attempt & ': ' & $run.error_message %}",
    }


def _prompt(default_prompt: str, max_prompt_characters: int) -> str:
    """The expression for the prompt that the run has; `CheckRequest` refuses what was cut here."""
    given = "$states.input.detail.prompt"
    # JSON's string escapes are JSONata's too.
    return (
        f"($exists({given}) ? $substring($string({given}), 0, {max_prompt_characters}) : {json.dumps(default_prompt)})"
    )


def _clamped(budgets: Budgets, seconds: str) -> str:
    """The expression for a wait: between the two bounds, and not beyond the deadline, but for the last second."""
    return (
        f"$max([1, $min([{budgets.poll_max_seconds}, $deadline_at - {NOW}, "
        f"$max([{budgets.poll_min_seconds}, {seconds}])])])"
    )
