"""The workflow's states that end a run: record the end, stop the session, announce the outcome."""

from __future__ import annotations

from collections.abc import Mapping

from agent import event_types
from agent.harness.schema import RUN_KIND, Attribute, ErrorType, Status
from components.settings.model import NotifyOn
from components.workflow.definitions.outcomes import Outcome
from components.workflow.definitions.states import (
    CONDITION_FAILED,
    IS_LIVE,
    LIVE_STATUSES,
    NOT_CLAIMED,
    STOP_TASK_SECONDS,
    State,
    backoff,
    expires_at,
    now,
    number,
    update_run,
)

# What an outcome event contains of the run's item.
_ANNOUNCED = (
    Attribute.STATUS,
    Attribute.REQUESTED_BY,
    Attribute.RETRY_OF,
    Attribute.REPORT_URI,
    Attribute.SUMMARY,
    Attribute.CHANGED,
    Attribute.ERROR_TYPE,
    Attribute.ERROR_MESSAGE,
)


def record_end(table_name: str, journal_retention_days: int, status: Status, fields: Mapping[Attribute, str]) -> State:
    """Return the state that ends a run in the journal, unless the agent has ended it first.

    CheckRun then reads the end that was recorded. If the item was deleted, the state writes a new one with the
    attributes by which it is listed and expires.

    Only a failed condition is caught. If the journal cannot be written, the execution fails at this state and can be
    redriven from here.

    Args:
        table_name: The journal.
        journal_retention_days: How long the item stays in the journal.
        status: The terminal status.
        fields: Further attributes, as texts or expressions.
    """
    return {
        **update_run(
            table_name,
            "$session_id",
            {
                Attribute.STATUS: {"S": status},
                Attribute.KIND: {"S": RUN_KIND},
                Attribute.REQUESTED_AT: {"S": "{% $requested_at %}"},
                Attribute.EXPIRES_AT: expires_at(journal_retention_days),
                Attribute.FINISHED_AT: now(),
                Attribute.ATTEMPT: number("$attempt"),
                **{name: {"S": value} for name, value in fields.items()},
            },
            condition=f"{NOT_CLAIMED} OR (#{Attribute.ATTEMPT} = :{Attribute.ATTEMPT} AND {IS_LIVE})",
            values=LIVE_STATUSES,
        ),
        "Catch": [{"ErrorEquals": [CONDITION_FAILED], "Next": "CheckRun"}],
        "Next": "CheckRun",
    }


def stop_session(stop_function_arn: str, after: str) -> State:
    """Return the state that stops the microVM, and writes the cost of a run that has ended.

    A failure is ignored, because an idle microVM ends anyway. That is also true if the workflow's role may not invoke
    the function: the run's outcome does not depend on it.

    Args:
        stop_function_arn: Stops a session (functions/stop.py).
        after: The next state.
    """
    return {
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke",
        "TimeoutSeconds": STOP_TASK_SECONDS,
        "Arguments": {
            "FunctionName": stop_function_arn,
            "Payload": {"session_id": "{% $session_id %}", "looks": "{% $looks %}"},
        },
        "Retry": [backoff(["States.ALL"], attempts=4, limit_seconds=20)],
        "Catch": [{"ErrorEquals": ["States.ALL"], "Next": after}],
        "Next": after,
    }


def announce(bus_name: str, after: str) -> State:
    """Return the state that puts the outcome event on the bus.

    Args:
        bus_name: The bus.
        after: The next state.
    """
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
                    "Detail": f"{{% {_outcome()} %}}",
                }
            ]
        },
        "Retry": [backoff(["States.ALL"], attempts=8, limit_seconds=60)],
        "Next": after,
    }


def notifications(notify_on: NotifyOn, topic_arn: str, after: str) -> dict[str, State]:
    """Return the states that send the outcome to the topic, the first one first; none if nobody wants to know.

    The workflow sends it, and not a rule on the bus: others can put events on the bus, but only the workflow's role and
    the alarms of the stack publish to the topic. A failure is ignored, because the outcome is announced and recorded.

    Args:
        notify_on: Which outcomes are sent. An outcome without a report has no `changed`.
        topic_arn: The topic.
        after: The next state.
    """
    if notify_on == NotifyOn.NEVER:
        return {}
    choose: State = {
        "Type": "Choice",
        "Choices": [{"Condition": f"{{% $run.{Attribute.CHANGED} = true %}}", "Next": "Notify"}],
        "Default": after,
    }
    notify: State = {
        "Type": "Task",
        "Resource": "arn:aws:states:::sns:publish",
        "TimeoutSeconds": 30,
        "Arguments": {"TopicArn": topic_arn, "Message": f"{{% $string({_outcome()}) %}}"},
        "Retry": [backoff(["States.ALL"], attempts=4, limit_seconds=20)],
        "Catch": [{"ErrorEquals": ["States.ALL"], "Next": after}],
        "Next": after,
    }
    return {**({"ChooseNotification": choose} if notify_on == NotifyOn.CHANGE else {}), "Notify": notify}


def choose_outcome() -> State:
    """Return the state that chooses the last state. Each outcome has its own, because metrics count these states."""
    status, error_type = f"$run.{Attribute.STATUS}", f"$run.{Attribute.ERROR_TYPE}"
    return {
        "Type": "Choice",
        "Choices": [
            {"Condition": f"{{% {status} = '{Status.COMPLETED}' %}}", "Next": Outcome.COMPLETED},
            {"Condition": f"{{% {status} = '{Status.CANCELLED}' %}}", "Next": Outcome.CANCELLED},
            {"Condition": f"{{% {error_type} = '{ErrorType.AGENT_LOST}' %}}", "Next": Outcome.LOST},
        ],
        "Default": Outcome.FAILED,
    }


def succeed() -> State:
    """Return the state that ends the execution with success. A cancelled run is a success too."""
    report_uri, error_type = f"$run.{Attribute.REPORT_URI}", f"$run.{Attribute.ERROR_TYPE}"
    return {
        "Type": "Succeed",
        "Output": {
            "session_id": "{% $session_id %}",
            "status": f"{{% $run.{Attribute.STATUS} %}}",
            "report_uri": f"{{% $exists({report_uri}) ? {report_uri} : '' %}}",
            "error_type": f"{{% $exists({error_type}) ? {error_type} : '' %}}",
        },
    }


def fail() -> State:
    """Return the state that fails the execution with the run's error as its cause."""
    error_type, error_message = f"$run.{Attribute.ERROR_TYPE}", f"$run.{Attribute.ERROR_MESSAGE}"
    return {
        "Type": "Fail",
        "Error": f"{{% $exists({error_type}) ? {error_type} : 'Unknown' %}}",
        "Cause": f"{{% 'Run ' & $session_id & ' failed in attempt ' & $attempt & ': ' & {error_message} %}}",
    }


def _outcome() -> str:
    """Return the expression for the detail of an outcome."""
    read = ", ".join(f"'{name}': $run.{name}" for name in _ANNOUNCED)
    return (
        "{'session_id': $session_id, 'attempt': $attempt, 'prompt': $prompt, "
        f"'execution_arn': $states.context.Execution.Id, {read}}}"
    )
