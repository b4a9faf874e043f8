"""The workflow's states that give a run the prompt of an earlier run (`retry_of`)."""

from __future__ import annotations

import json

from agent.harness.schema import Attribute, ErrorType, Status
from components.workflow.definitions.states import (
    CONDITION_FAILED,
    IS_LIVE,
    LIVE_STATUSES,
    State,
    number,
    read_item,
    run_key,
    update_run,
)


def read_retried(table_name: str, max_prompt_characters: int) -> State:
    """Return the state that reads the earlier run's prompt, and what is wrong with it.

    Args:
        table_name: The journal.
        max_prompt_characters: A longer prompt is refused.
    """
    item = "$states.result.Item"
    prompt, status = f"{item}.{Attribute.PROMPT}.S", f"{item}.{Attribute.STATUS}.S"
    live, run = json.dumps([Status.PENDING, Status.BUSY]), "'The run ' & $retry_of & "
    problems = [
        (f"{status} in {live}", "' has not ended: wait for its end, or cancel it first'"),
        (
            f"{item}.{Attribute.ERROR_TYPE}.S = '{ErrorType.INVALID_REQUEST}'",
            "' was refused because of its request: send the corrected prompt in place of retry_of'",
        ),
        (
            f"$not($type({prompt}) = 'string') or $length({prompt}) = 0",
            "' is not in the journal: send the session_id of a run that the journal still keeps, or send its prompt'",
        ),
        (
            f"$length({prompt}) > {max_prompt_characters}",
            f"' has a prompt of more than {max_prompt_characters} characters: raise maxPromptCharacters, or send a "
            "shorter prompt'",
        ),
    ]
    return {
        **read_item(table_name, run_key("$retry_of"), [Attribute.STATUS, Attribute.PROMPT, Attribute.ERROR_TYPE]),
        "Assign": {
            "prompt": f"{{% $type({prompt}) = 'string' ? {prompt} : '' %}}",
            "problem": f"{{% {''.join(f'{found} ? {run}{text} : ' for found, text in problems)}'' %}}",
        },
        "Output": {},
        "Next": "EvaluateRetried",
    }


def evaluate_retried() -> State:
    """Return the state that refuses a run whose earlier run has no prompt for it."""
    return {
        "Type": "Choice",
        "Choices": [refuse_problem()],
        "Default": "RecordRetry",
    }


def record_retry(table_name: str, after: str) -> State:
    """Return the state that gives the run the earlier run's prompt in the journal.

    Args:
        table_name: The journal.
        after: The next state.
    """
    return {
        **update_run(
            table_name,
            "$session_id",
            {Attribute.PROMPT: {"S": "{% $prompt %}"}, Attribute.RETRY_OF: {"S": "{% $retry_of %}"}},
            condition=f"#{Attribute.ATTEMPT} = :attempt AND {IS_LIVE}",
            values={"attempt": number("$attempt"), **LIVE_STATUSES},
        ),
        "Catch": [{"ErrorEquals": [CONDITION_FAILED], "Next": "CheckRun"}],
        "Next": after,
    }


def refuse_problem() -> State:
    """Return the choice that ends a run with a problem."""
    return {
        "Condition": "{% $boolean($problem) %}",
        "Assign": {
            "failure": {
                Attribute.ERROR_TYPE: ErrorType.INVALID_REQUEST,
                Attribute.ERROR_MESSAGE: "{% $problem %}",
            }
        },
        "Next": "RecordFailure",
    }
