"""The workflow of one run, as a pure function from settings to Amazon States Language with JSONata.

The workflow claims a run, starts its agent without waiting for it, and watches the journal until the run has ended.
Each round of its loop reads the journal again and decides from it alone. So it does not matter who wrote an item, or
how often a state was retried or redriven. Only the workflow increments `attempt`. Each of its writes is conditional on
the attempt and on a live status, like the agent's own writes (agent/harness/journal/journal.py).

Variables (JSONata, `$name`):
    session_id, requested_at, prompt, deadline_at: The request.
    attempt: The attempt in the journal.
    accepted_attempt, accepted_at: The last attempt that the agent has accepted, and when; 0 before the first.
    throttles: How many starts in a row were throttled.
    wait_seconds: How long the next wait is.
    run: The run's item, as last read.
    looks: How often it was read. The run's cost has them.
    cancelled: Whether the run was cancelled before it was claimed.
    schedule: The schedule that the run must claim, as its `requested_by`; empty if there is none.
    current_run: The run that holds this schedule, as last read.
    retry_of: The earlier run whose prompt the run gets; empty if the request has no `retry_of`.
    is_live: Whether the run has joined the live runs.
    expired, is_full: The expired entries of the live runs, and whether there is no room for another run.
    problem: What is wrong with the request; empty if it is valid.
    failure: The error that the workflow is about to record.
    start_error: The error of a start that may or may not have reached the agent.

Step Functions evaluates the entries of one `Assign` at the same time, so an entry must not read what another assigns.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from agent.harness.schema import Attribute, Status
from components.settings.budgets import Budgets
from components.settings.model import ExcessRuns, NotifyOn
from components.settings.schedules import Overlap
from components.workflow.definitions.admission.live_runs import (
    check_live_runs,
    evaluate_live_runs,
    join_live_runs,
    leave_live_runs,
    remove_expired_runs,
)
from components.workflow.definitions.admission.overlap import (
    cancel_current_run,
    claim_schedule,
    evaluate_overlap,
    find_current_run,
    read_current_run,
    release_schedule,
)
from components.workflow.definitions.admission.retry import evaluate_retried, read_retried, record_retry
from components.workflow.definitions.claim import check_request, claim_run
from components.workflow.definitions.end import (
    announce,
    choose_outcome,
    fail,
    notifications,
    record_end,
    stop_session,
    succeed,
)
from components.workflow.definitions.outcomes import CHECK_LIVE_RUNS, TAKE_OVER, Outcome
from components.workflow.definitions.start import evaluate_start, start_agent
from components.workflow.definitions.watch import check_run, evaluate_run, take_over

# Time beyond the workflow's own deadline. Step Functions ends an execution only if the loop is broken.
_BACKSTOP_SECONDS = 3_600

_FAILURE = {name: f"{{% $failure.{name} %}}" for name in (Attribute.ERROR_TYPE, Attribute.ERROR_MESSAGE)}


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
    report_bucket: str,
    topic_arn: str,
    notify_on: NotifyOn,
    overlaps: Mapping[str, Overlap],
    max_live_runs: int,
    excess_runs: ExcessRuns,
) -> dict[str, Any]:
    """Build the state machine that takes one run from its event to its outcome.

    Args:
        budgets: Time limits of a run.
        max_prompt_characters: Longest prompt that is accepted.
        default_prompt: The prompt of a run whose event has none.
        journal_retention_days: How long the run stays in the journal.
        table_name: The journal.
        start_function_arn: Starts a session (functions/start.py).
        stop_function_arn: Stops a session (functions/stop.py).
        bus_name: The bus for the outcome event.
        report_bucket: The bucket of the reports.
        topic_arn: The topic of the notifications.
        notify_on: Which outcomes send a notification.
        overlaps: The schedules whose runs must not overlap, by `requested_by`.
        max_live_runs: How many runs may be live at the same time.
        excess_runs: What happens to a run beyond this limit.

    Returns:
        The state machine. Its input is an event, whose id becomes the session id; the detail may have `prompt`,
        `requested_by` and `retry_of`.
    """
    notifying = notifications(notify_on, topic_arn, "Outcome")
    return {
        "Comment": "Claims a run, starts its agent, and watches the journal until the run has ended.",
        "QueryLanguage": "JSONata",
        "TimeoutSeconds": int(budgets.workflow_deadline_seconds) + _BACKSTOP_SECONDS,
        "StartAt": "ClaimRun",
        "States": {
            "ClaimRun": claim_run(
                table_name,
                budgets,
                default_prompt=default_prompt,
                max_prompt_characters=max_prompt_characters,
                journal_retention_days=journal_retention_days,
                overlaps=overlaps,
            ),
            "DuplicateEvent": {"Type": "Succeed", "Comment": "Another execution has claimed this run."},
            "CheckRequest": check_request(),
            "ReadRetried": read_retried(table_name, max_prompt_characters),
            "EvaluateRetried": evaluate_retried(),
            "RecordRetry": record_retry(table_name, "JoinLiveRuns"),
            "ClaimSchedule": claim_schedule(table_name, journal_retention_days, "JoinLiveRuns"),
            "FindCurrentRun": find_current_run(table_name),
            "ReadCurrentRun": read_current_run(table_name),
            "EvaluateOverlap": evaluate_overlap(overlaps),
            "CancelCurrentRun": cancel_current_run(table_name),
            "JoinLiveRuns": join_live_runs(table_name, budgets, max_live_runs=max_live_runs, excess_runs=excess_runs),
            CHECK_LIVE_RUNS: check_live_runs(table_name, max_live_runs),
            "EvaluateLiveRuns": evaluate_live_runs(budgets, max_live_runs=max_live_runs, excess_runs=excess_runs),
            "RemoveExpiredRuns": remove_expired_runs(table_name),
            "StartAgent": start_agent(start_function_arn, budgets),
            "EvaluateStart": evaluate_start(),
            "WaitForRun": {"Type": "Wait", "Seconds": "{% $ceil($wait_seconds) %}", "Next": "CheckRun"},
            "CheckRun": check_run(table_name, budgets, report_bucket),
            "EvaluateRun": evaluate_run(budgets, max_live_runs),
            TAKE_OVER: take_over(table_name),
            "StopLostSession": stop_session(stop_function_arn, "StartAgent"),
            "RecordFailure": record_end(
                table_name,
                journal_retention_days,
                Status.FAILED,
                _FAILURE,
            ),
            "RecordCancellation": record_end(
                table_name, journal_retention_days, Status.CANCELLED, {Attribute.PROGRESS: "Cancelled by the workflow"}
            ),
            "RecordSkip": record_end(
                table_name,
                journal_retention_days,
                Status.CANCELLED,
                {Attribute.PROGRESS: "Skipped", **_FAILURE},
            ),
            "ReleaseSchedule": release_schedule(table_name, "StopSession"),
            "StopSession": stop_session(stop_function_arn, "LeaveLiveRuns"),
            "LeaveLiveRuns": leave_live_runs(table_name, "Announce"),
            "Announce": announce(bus_name, next(iter(notifying), "Outcome")),
            **notifying,
            "Outcome": choose_outcome(),
            Outcome.COMPLETED: succeed(),
            Outcome.CANCELLED: succeed(),
            Outcome.LOST: fail(),
            Outcome.FAILED: fail(),
        },
    }
