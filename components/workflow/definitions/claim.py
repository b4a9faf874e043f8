"""The workflow's states that claim a run and validate its request."""

from __future__ import annotations

import json
from collections.abc import Mapping

from agent.harness.payload import LONGEST_SESSION_ID, SESSION_ID_RULE
from agent.harness.schema import RUN_KIND, Attribute, Status
from components.settings.budgets import Budgets
from components.settings.schedules import Overlap
from components.workflow.definitions.admission.overlap import schedule_of_request
from components.workflow.definitions.admission.retry import refuse_problem
from components.workflow.definitions.event import (
    DETAIL,
    REQUESTED_AT,
    SESSION_ID,
    detail_problem,
    is_session_id,
    requester,
)
from components.workflow.definitions.states import (
    CONDITION_FAILED,
    NOT_CLAIMED,
    NOW,
    AttributeValue,
    State,
    expires_at,
    number,
    update_run,
)

# What the detail of a request may contain.
_KEYS = (Attribute.PROMPT, Attribute.REQUESTED_BY, Attribute.RETRY_OF)


def claim_run(
    table_name: str,
    budgets: Budgets,
    *,
    default_prompt: str,
    max_prompt_characters: int,
    journal_retention_days: int,
    overlaps: Mapping[str, Overlap],
) -> State:
    """Return the state that creates the run's item, once.

    It updates the item instead of putting it, so that it keeps a cancellation that came first.

    Args:
        table_name: The journal.
        budgets: Contain the workflow's deadline.
        default_prompt: The prompt of a run whose event has none.
        max_prompt_characters: A longer prompt is cut here and refused by `check_request`.
        journal_retention_days: How long the run stays in the journal.
        overlaps: The schedules whose runs must not overlap, by `requested_by`.
    """
    prompt = _prompt(default_prompt, max_prompt_characters)
    fields: dict[Attribute, AttributeValue] = {
        Attribute.STATUS: {"S": Status.PENDING},
        Attribute.KIND: {"S": RUN_KIND},
        Attribute.ATTEMPT: {"N": "1"},
        Attribute.PROMPT: {"S": f"{{% {prompt} %}}"},
        Attribute.REQUESTED_AT: {"S": f"{{% {REQUESTED_AT} %}}"},
        Attribute.REQUESTED_BY: {"S": f"{{% {requester()} %}}"},
        Attribute.DEADLINE_AT: number(f"{NOW} + {budgets.workflow_deadline_seconds}"),
        Attribute.EXECUTION_ARN: {"S": "{% $states.context.Execution.Id %}"},
        Attribute.PROGRESS: {"S": "Waiting for the agent"},
        Attribute.EXPIRES_AT: expires_at(journal_retention_days),
    }
    claim = update_run(
        table_name,
        SESSION_ID,
        fields,
        # The second half: this execution's first try, if its response was lost.
        condition=f"{NOT_CLAIMED} OR #{Attribute.EXECUTION_ARN} = :{Attribute.EXECUTION_ARN}",
    )
    claim["Arguments"]["ReturnValues"] = "ALL_NEW"
    return {
        **claim,
        "Assign": {
            "session_id": f"{{% {SESSION_ID} %}}",
            "requested_at": f"{{% {REQUESTED_AT} %}}",
            "prompt": f"{{% {prompt} %}}",
            "deadline_at": f"{{% $number($states.result.Attributes.{Attribute.DEADLINE_AT}.N) %}}",
            "attempt": 1,
            "accepted_attempt": 0,
            "accepted_at": 0,
            "throttles": 0,
            "wait_seconds": 0,
            "looks": 0,
            "is_live": False,
            "run": {Attribute.STATUS: Status.PENDING},
            "cancelled": f"{{% $exists($states.result.Attributes.{Attribute.CANCEL_REQUESTED_AT}) %}}",
            "retry_of": (
                f"{{% $type({DETAIL}.{Attribute.RETRY_OF}) = 'string' "
                f"? $substring({DETAIL}.{Attribute.RETRY_OF}, 0, {LONGEST_SESSION_ID}) : '' %}}"
            ),
            "schedule": f"{{% {schedule_of_request(overlaps)} %}}",
            "current_run": "none",
            "problem": f"{{% {_problem(max_prompt_characters)} %}}",
            "failure": {},
            "start_error": "",
        },
        # Nothing after this state needs the request.
        "Output": {},
        "Catch": [{"ErrorEquals": [CONDITION_FAILED], "Next": "DuplicateEvent"}],
        "Next": "CheckRequest",
    }


def check_request() -> State:
    """Return the state that refuses a request with a problem."""
    return {
        "Type": "Choice",
        "Comment": "Comes after the claim, so that an invalid request also is in the journal and has an outcome.",
        "Choices": [
            {"Condition": "{% $cancelled %}", "Next": "RecordCancellation"},
            refuse_problem(),
            {"Condition": "{% $retry_of != '' %}", "Next": "ReadRetried"},
            {"Condition": "{% $schedule != '' %}", "Next": "ClaimSchedule"},
        ],
        "Default": "JoinLiveRuns",
    }


def _problem(max_prompt_characters: int) -> str:
    """Return the expression for what is wrong with the request. It is empty if the request is valid."""
    prompt, requester, retry_of = (
        f"{DETAIL}.{name}" for name in (Attribute.PROMPT, Attribute.REQUESTED_BY, Attribute.RETRY_OF)
    )
    bad_prompt = json.dumps(
        "The event's prompt is not valid: send a string that is not blank and has at most "
        f"{max_prompt_characters} characters, or omit it to use the default prompt"
    )
    bad_requester = json.dumps(f"The event's {Attribute.REQUESTED_BY} is not valid: send a string, or omit it")
    both = json.dumps(f"The event has {Attribute.PROMPT} and {Attribute.RETRY_OF}: send only one of them")
    bad_retry = json.dumps(
        f"The event's {Attribute.RETRY_OF} is not valid: send the session_id of an earlier run, {SESSION_ID_RULE}"
    )
    return detail_problem(
        _KEYS,
        f"$exists({prompt}) and ($not($type({prompt}) = 'string') or $trim({prompt}) = '' "
        f"or $length({prompt}) > {max_prompt_characters}) ? {bad_prompt} "
        f": $exists({requester}) and $not($type({requester}) = 'string') ? {bad_requester} "
        f": $exists({prompt}) and $exists({retry_of}) ? {both} "
        f": $exists({retry_of}) and $not({is_session_id(retry_of)}) ? {bad_retry} : ''",
    )


def _prompt(default_prompt: str, max_prompt_characters: int) -> str:
    """Return the expression for the run's prompt.

    A prompt that is too long is cut, and `CheckRequest` refuses it. A refused request without a prompt has no prompt:
    nobody asked for the default one. A run with `retry_of` gets its prompt later.
    """
    given, retry_of = f"{DETAIL}.{Attribute.PROMPT}", f"{DETAIL}.{Attribute.RETRY_OF}"
    # JSONata has the same string escapes as JSON.
    return (
        f"($exists({given}) ? $substring($string({given}), 0, {max_prompt_characters}) "
        f": $exists({retry_of}) or $boolean({_problem(max_prompt_characters)}) ? '' : {json.dumps(default_prompt)})"
    )
