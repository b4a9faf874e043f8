"""The workflow's states that end a run: record it, stop its session, announce how it went."""

from __future__ import annotations

from agent.harness.schema import RUN_KIND, TTL_ATTRIBUTE, Status
from components.events import event_types
from components.workflow.definitions.states import CONDITION_FAILED, State, backoff, expires_at, now, number, update_run
from components.workflow.definitions.watch import LOST


def record_end(table_name: str, journal_retention_days: int, status: Status, fields: dict[str, str]) -> State:
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


def stop_session(stop_function_arn: str, after: str) -> State:
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


def announce(bus_name: str) -> State:
    """Put the one event that tells of the run's end."""
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


def outcome() -> State:
    """Choose the last state by how the run ended: one for each outcome, because runs are counted by them."""
    return {
        "Type": "Choice",
        "Choices": [
            {"Condition": f"{{% $run.status = '{Status.COMPLETED}' %}}", "Next": "RunCompleted"},
            {"Condition": f"{{% $run.status = '{Status.CANCELLED}' %}}", "Next": "RunCancelled"},
            {"Condition": f"{{% $run.error_type = '{LOST}' %}}", "Next": "RunLost"},
        ],
        "Default": "RunFailed",
    }


def succeed() -> State:
    """End the execution well, also when somebody has cancelled the run."""
    return {
        "Type": "Succeed",
        "Output": {
            "session_id": "{% $session_id %}",
            "status": "{% $run.status %}",
            "report_uri": "{% $exists($run.report_uri) ? $run.report_uri : '' %}",
        },
    }


def fail() -> State:
    """Fail the execution with a cause that an operator understands."""
    return {
        "Type": "Fail",
        "Error": "{% $exists($run.error_type) ? $run.error_type : 'Unknown' %}",
        "Cause": "{% 'Run ' & $session_id & ' failed in attempt ' & $attempt & ': ' & $run.error_message %}",
    }
