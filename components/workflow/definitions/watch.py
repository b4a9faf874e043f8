"""The workflow's states that watch a run: read the journal, decide, wait, take over from an agent that was lost."""

from __future__ import annotations

from agent.harness.schema import REPORTS_PREFIX, Attribute, ErrorType, Status
from components.settings.budgets import Budgets
from components.workflow.definitions.admission.live_runs import has_waited_too_long, still_waits
from components.workflow.definitions.outcomes import TAKE_OVER
from components.workflow.definitions.states import (
    NOW,
    State,
    journal_retry,
    now,
    number,
    run_key,
    update_run,
    wait_seconds,
)

_TERMINAL = (Status.COMPLETED, Status.FAILED, Status.CANCELLED)
# What `$run.status` is when the journal has no item, and when it cannot be read.
_ABSENT, _UNREADABLE = "ABSENT", "UNREADABLE"
_ONE_MORE = "{% $looks + 1 %}"
# Shares of the runs that last at least as long as the one that is watched.
_ENDED, _DENSE = 0.2, 0.3
# The attributes that `$run` holds. The expected end is read too, but only for the wait.
_RUN_FIELDS = (
    Attribute.STATUS,
    Attribute.ATTEMPT,
    Attribute.LEASE_EXPIRES_AT,
    Attribute.CANCEL_REQUESTED_AT,
    Attribute.MODEL_UNAVAILABLE_IN,
    Attribute.MODEL_ERROR,
    Attribute.REQUESTED_BY,
    Attribute.RETRY_OF,
    Attribute.REPORT_URI,
    Attribute.SUMMARY,
    Attribute.CHANGED,
    Attribute.ERROR_TYPE,
    Attribute.ERROR_MESSAGE,
)
# DynamoDB returns attributes in native form ({"S": "text"}). The simplified form ("text") is accepted too. A null is
# like a missing attribute: `$plain` has no value.
_PLAIN = (
    "$plain := function($a) { $type($a) = 'object' "
    "? ($exists($a.S) ? $a.S : $exists($a.BOOL) ? $a.BOOL : $exists($a.N) ? $number($a.N)) "
    ": $type($a) != 'null' ? $a };"
)


def check_run(table_name: str, budgets: Budgets, report_bucket: str) -> State:
    """Return the state that reads the run's item and computes the wait before the next read (`_wait`).

    Args:
        table_name: The journal.
        budgets: Contain the bounds of the wait.
        report_bucket: The bucket of the run's report.
    """
    item = "$states.result.Item"
    fields = ", ".join(f"'{name}': $plain({item}.{name})" for name in _RUN_FIELDS)
    absent = f"{{'{Attribute.STATUS}': '{_ABSENT}'}}"
    attempt = f"{item}.{Attribute.ATTEMPT}"
    # All but the prompt, which may be long.
    read = (*_RUN_FIELDS, Attribute.EXPECTED_END_AT, Attribute.EXPECTED_ENDS)
    return {
        "Type": "Task",
        "Resource": "arn:aws:states:::dynamodb:getItem",
        "TimeoutSeconds": 30,
        "Arguments": {
            "TableName": table_name,
            "Key": run_key("$session_id"),
            "ConsistentRead": True,
            "ProjectionExpression": ", ".join(f"#{name}" for name in read),
            "ExpressionAttributeNames": {f"#{name}": name for name in read},
        },
        "Assign": {
            "run": (
                f"{{% ({_PLAIN} $type({item}) = 'object' "
                f"? ($read := {{{fields}}}; {_without_foreign_report('$read', report_bucket)}) : {absent}) %}}"
            ),
            "attempt": f"{{% ({_PLAIN} $exists($plain({attempt})) ? $number($plain({attempt})) : $attempt) %}}",
            "wait_seconds": f"{{% ({_PLAIN} {_wait(item, budgets)}) %}}",
            "looks": _ONE_MORE,
        },
        "Retry": journal_retry(),
        # A journal that cannot be read does not end the run: read again, until the deadline.
        "Catch": [
            {
                "ErrorEquals": ["States.ALL"],
                "Assign": {
                    "run": {Attribute.STATUS: _UNREADABLE},
                    "wait_seconds": budgets.poll_max_seconds,
                    "looks": _ONE_MORE,
                },
                "Next": "EvaluateRun",
            }
        ],
        "Next": "EvaluateRun",
    }


def _wait(item: str, budgets: Budgets) -> str:
    """Return the expression for the wait before the next poll of a run.

    It is the time in which a fifth of those runs will have ended that last at least as long as this one. A look before
    the longest wait has passed only pays where runs end close together: in that time three of ten must end. A run that
    has taken longer than all others is looked at less and less often. benchmarks/watching compares other rules.

    Before the first run has ended, the wait is half of the distance to the expected end.

    Args:
        item: The expression for the run's item.
        budgets: Contain the bounds of the wait.
    """
    end, ends = f"$plain({item}.{Attribute.EXPECTED_END_AT})", f"$plain({item}.{Attribute.EXPECTED_ENDS})"
    known = f"$split($string({ends}), ' ')[$contains($, /^[0-9]{{1,12}}$/)].$number($)"
    left = "$left[$floor({share} * $count($left))] - $now"
    wanted = (
        f"$count($left) > 0 ? ({left.format(share=_DENSE)} <= {budgets.poll_max_seconds} "
        f"? {left.format(share=_ENDED)} : {budgets.poll_max_seconds}) "
        f": $count($ends) > 0 ? $now - $max($ends) "
        f": $exists({end}) ? $abs({end} - $now) / 2 : {budgets.poll_min_seconds}"
    )
    return (
        f"$now := {NOW}; $ends := $exists({ends}) ? {known}; $left := $ends[$ > $now]; "
        f"{wait_seconds(budgets, f'({wanted})')}"
    )


def _without_foreign_report(run: str, report_bucket: str) -> str:
    """Return the expression for a run without a report that is not its own (`is_own_report` in the journal's schema).

    The run keeps its status, and its own error if it has one.

    Args:
        run: The expression for the run.
        report_bucket: The bucket of the run's report.
    """
    uri, own = f"{run}.{Attribute.REPORT_URI}", f"'s3://{report_bucket}/{REPORTS_PREFIX}' & $session_id & '/'"
    is_own = f"$type({uri}) = 'string' ? $substring({uri}, 0, $length({own})) = {own} and $not($contains({uri}, '..'))"
    return (
        f"$not($exists({uri})) or ({is_own} : false) ? {run} : "
        f"$merge([{{'{Attribute.ERROR_TYPE}': '{ErrorType.REPORT_REFUSED}', '{Attribute.ERROR_MESSAGE}': "
        f"'The report that the journal names is not below ' & {own} & ': read the log of the session'}}, "
        f"$sift({run}, function($value, $name) {{ $name != '{Attribute.REPORT_URI}' }})])"
    )


def evaluate_run(budgets: Budgets, max_live_runs: int) -> State:
    """Return the state that decides, from what the journal contains, what the workflow does next."""
    status, cancel_requested_at = f"$run.{Attribute.STATUS}", f"$run.{Attribute.CANCEL_REQUESTED_AT}"
    terminal = ", ".join(f"'{name}'" for name in _TERMINAL)
    unstarted = f"{status} = '{Status.PENDING}' and $attempt > $accepted_attempt"
    never_began = f"{status} = '{Status.PENDING}' and {NOW} > $accepted_at + {budgets.start_seconds}"
    lease_expired = f"{status} = '{Status.BUSY}' and {NOW} > $run.{Attribute.LEASE_EXPIRES_AT}"
    lost = f"(({never_began}) or ({lease_expired}))"
    without_model = f"$run.{Attribute.MODEL_UNAVAILABLE_IN} = $attempt"
    overdue = f"{NOW} > {cancel_requested_at} + {budgets.lease_seconds}"
    return {
        "Type": "Choice",
        "Choices": [
            {"Condition": f"{{% {status} in [{terminal}] and $schedule != '' %}}", "Next": "ReleaseSchedule"},
            {"Condition": f"{{% {status} in [{terminal}] %}}", "Next": "StopSession"},
            {
                # A busy agent cancels its run at its next heartbeat. If it does not, the workflow cancels the run.
                "Condition": (
                    f"{{% $exists({cancel_requested_at}) and ({status} = '{Status.PENDING}' or {lost} or {overdue}) %}}"
                ),
                "Next": "RecordCancellation",
            },
            has_waited_too_long(max_live_runs),
            {
                "Condition": f"{{% {NOW} >= $deadline_at %}}",
                "Assign": {
                    "failure": {
                        Attribute.ERROR_TYPE: ErrorType.DEADLINE_EXCEEDED,
                        Attribute.ERROR_MESSAGE: (
                            f"The run did not end within {budgets.workflow_deadline_seconds} s of its request: "
                            "request less work, or raise workflowDeadlineSeconds"
                        ),
                    }
                },
                "Next": "RecordFailure",
            },
            still_waits(),
            {
                # The take-over was written, but its response was lost: the old session has not been stopped yet.
                "Condition": f"{{% {unstarted} and $attempt > 1 and $throttles = 0 %}}",
                "Next": "StopLostSession",
            },
            {"Condition": f"{{% {unstarted} %}}", "Next": "StartAgent"},
            {"Condition": f"{{% {lost} and $attempt < {budgets.max_attempts} %}}", "Next": TAKE_OVER},
            {
                "Condition": f"{{% {lost} and {without_model} %}}",
                "Assign": {
                    "failure": {
                        Attribute.ERROR_TYPE: ErrorType.MODEL_UNAVAILABLE,
                        Attribute.ERROR_MESSAGE: (
                            f"{{% 'The model was unavailable, at last in attempt ' & $attempt & ' of "
                            f"{budgets.max_attempts}: request the run again later, ask for a higher quota of the "
                            f"model, or set another modelId. Its error: ' & $run.{Attribute.MODEL_ERROR} %}}"
                        ),
                    }
                },
                "Next": "RecordFailure",
            },
            {
                "Condition": f"{{% {lost} %}}",
                "Assign": {
                    "failure": {
                        Attribute.ERROR_TYPE: ErrorType.AGENT_LOST,
                        Attribute.ERROR_MESSAGE: (
                            f"{{% 'The agent stopped responding in every attempt ({budgets.max_attempts}): "
                            "read the log of its session to see how far it came.' & $start_error %}"
                        ),
                    }
                },
                "Next": "RecordFailure",
            },
        ],
        "Default": "WaitForRun",
    }


def take_over(table_name: str) -> State:
    """Return the state that increments the attempt number, unless the agent has renewed its lease meanwhile.

    The old attempt's agent can no longer write to the run's item.
    """
    lease_expires_at = f"#{Attribute.LEASE_EXPIRES_AT}"
    raise_attempt = update_run(
        table_name,
        "$session_id",
        {
            Attribute.STATUS: {"S": Status.PENDING},
            Attribute.ATTEMPT: number("$attempt + 1"),
            Attribute.PROGRESS: {
                "S": (
                    f"{{% 'Attempt ' & $attempt & ($run.{Attribute.MODEL_UNAVAILABLE_IN} = $attempt "
                    "? ' had no model' : ' stopped responding') & ': starting the next one' %}"
                )
            },
        },
        condition=(
            f"#{Attribute.ATTEMPT} = :lost AND #{Attribute.STATUS} = :seen AND "
            f"(attribute_not_exists({lease_expires_at}) OR {lease_expires_at} < :now)"
        ),
        values={"lost": number("$attempt"), "seen": {"S": f"{{% $run.{Attribute.STATUS} %}}"}, "now": now()},
    )
    return {
        **raise_attempt,
        "Assign": {"attempt": "{% $attempt + 1 %}"},
        "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "CheckRun"}],
        "Next": "StopLostSession",
    }
