"""The three questions that an operator asks of the logs, as queries of CloudWatch Logs Insights."""

from __future__ import annotations

from components.observability.definitions.metrics import ATTEMPT_ENDED

# Of the workflow's log.
WHICH_RUNS_FAILED = """\
fields @timestamp, execution_arn, type, details.name as state
| filter details.name in ["RunFailed", "RunLost"]
    or type in ["ExecutionFailed", "ExecutionTimedOut", "ExecutionAborted"]
| sort @timestamp desc
| limit 100"""

# Of all logs. Lines of the agent and of the functions carry the session; those of the workflow, its execution.
WHAT_HAPPENED_IN_A_RUN = """\
fields @timestamp, @log, coalesce(message, details.name, @message) as what, level, type
| filter coalesce(sessionId, correlation_id) = "put the session id here"
    or execution_arn = "put the ARN of the execution here"
| sort @timestamp asc
| limit 1000"""

# Of the agent's log.
WHAT_DO_RUNS_TAKE = f"""\
filter event = "{ATTEMPT_ENDED}"
| stats count(*) as attempts, avg(seconds) as mean_seconds, pct(seconds, 90) as p90_seconds,
    sum(input_tokens) as tokens_read, sum(output_tokens) as tokens_written,
    min(lease_margin_seconds) as least_lease_margin
    by bin(1d) as day, status
| sort day desc"""
