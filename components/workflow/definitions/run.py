"""The workflow, as a pure function from settings to Amazon States Language with JSONata.

The workflow claims a run, starts its agent, lets go, and watches the journal until the run has ended. Every round of
its loop reads the journal and decides anew from what it says, so that it does not matter who wrote it, or how often a
state was retried or redriven. Only the workflow raises `attempt`; whatever it writes is conditional on the attempt and
on a live status, like the agent's own writes (agent/harness/journal.py).

Variables (JSONata, `$name`): `session_id`, `requested_at`, `prompt`, `deadline_at`, `attempt` (the journal's),
`accepted_attempt` and `accepted_at` (the last attempt that the agent has accepted; 0 before the first), `throttles` (in
a row), `wait_seconds`, `run` (what the journal said last), `cancelled` (before it was claimed), `failure` (what the
workflow is about to record) and `start_error` (why nobody knows whether the agent has accepted).

Step Functions evaluates the entries of one `Assign` all at once; so none of them here reads what another one assigns.
"""

from __future__ import annotations

import json
from typing import Any

from agent.harness.schema import RUN_KIND, TTL_ATTRIBUTE, Status
from components.settings.model import Budgets
from components.workflow.definitions.end import announce, fail, outcome, record_end, stop_session, succeed
from components.workflow.definitions.start import evaluate_start, start_agent
from components.workflow.definitions.states import (
    CONDITION_FAILED,
    NOW,
    Attribute,
    State,
    expires_at,
    number,
    update_run,
)
from components.workflow.definitions.watch import check_run, evaluate_run, take_over

# Who asks is a name; whatever else is put there must not make an item that states cannot pass on.
_LONGEST_REQUESTER_CHARACTERS = 200

# The backstop behind the workflow's own deadline: if it ever ends a run, the loop is broken.
_BACKSTOP_SECONDS = 3_600


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
            "StartAgent": start_agent(start_function_arn, budgets),
            "EvaluateStart": evaluate_start(),
            "WaitForRun": {"Type": "Wait", "Seconds": "{% $ceil($wait_seconds) %}", "Next": "CheckRun"},
            "CheckRun": check_run(table_name, budgets),
            "EvaluateRun": evaluate_run(budgets),
            "TakeOver": take_over(table_name),
            "StopLostSession": stop_session(stop_function_arn, "StartAgent"),
            "RecordFailure": record_end(
                table_name,
                journal_retention_days,
                Status.FAILED,
                {"error_type": "{% $failure.error_type %}", "error_message": "{% $failure.error_message %}"},
            ),
            "RecordCancellation": record_end(
                table_name, journal_retention_days, Status.CANCELLED, {"progress": "Cancelled by the workflow"}
            ),
            "StopSession": stop_session(stop_function_arn, "Announce"),
            "Announce": announce(bus_name),
            "Outcome": outcome(),
            "RunCompleted": succeed(),
            "RunCancelled": succeed(),
            "RunLost": fail(),
            "RunFailed": fail(),
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


def _prompt(default_prompt: str, max_prompt_characters: int) -> str:
    """The expression for the prompt that the run has; `CheckRequest` refuses what was cut here."""
    given = "$states.input.detail.prompt"
    # JSON's string escapes are JSONata's too.
    return (
        f"($exists({given}) ? $substring($string({given}), 0, {max_prompt_characters}) : {json.dumps(default_prompt)})"
    )
