"""The workflow's states that watch a run: look at the journal, decide, wait, take over from an agent that was lost."""

from __future__ import annotations

from agent.harness.schema import Status
from components.settings.model import Budgets
from components.workflow.definitions.states import NOW, State, journal_retry, now, number, run_key, update_run

LOST = "AgentLost"
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


def check_run(table_name: str, budgets: Budgets) -> State:
    """Read the run's item, and work out how long to wait before the next look."""
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
            "wait_seconds": f"{{% ({_PLAIN} {within_bounds(budgets, f'({wait})')}) %}}",
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


def evaluate_run(budgets: Budgets) -> State:
    """Decide what to do from what the journal says."""
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
                        "error_type": LOST,
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


def take_over(table_name: str) -> State:
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


def within_bounds(budgets: Budgets, seconds: str) -> str:
    """The expression for a wait: between the two bounds, and not beyond the deadline, but for the last second."""
    return (
        f"$max([1, $min([{budgets.poll_max_seconds}, $deadline_at - {NOW}, "
        f"$max([{budgets.poll_min_seconds}, {seconds}])])])"
    )
