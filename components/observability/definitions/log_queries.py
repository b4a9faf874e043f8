"""Saved queries of CloudWatch Logs Insights for operators."""

from __future__ import annotations

from agent.harness.telemetry import ATTEMPT_ENDED, AttemptEnded
from components.workflow.definitions.outcomes import Outcome

# For the workflow's log.
FAILED_RUNS = f"""\
fields @timestamp, execution_arn, type, details.name as state
| filter details.name in ["{Outcome.FAILED}", "{Outcome.LOST}"]
    or type in ["ExecutionFailed", "ExecutionTimedOut", "ExecutionAborted"]
| sort @timestamp desc
| limit 100"""

# For all logs. Lines of the agent and of the functions contain the session id, those of the workflow the execution.
EVENTS_OF_A_RUN = """\
fields @timestamp, @log, coalesce(message, details.name, @message) as what, level, type
| filter coalesce(sessionId, correlation_id) = "put the session id here"
    or execution_arn = "put the ARN of the execution here"
| sort @timestamp asc
| limit 1000"""

_SECONDS = AttemptEnded.SECONDS
# For the agent's log.
TIME_AND_TOKENS = f"""\
filter {AttemptEnded.EVENT} = "{ATTEMPT_ENDED}"
| stats count(*) as attempts, avg({_SECONDS}) as mean_seconds, pct({_SECONDS}, 90) as p90_seconds,
    sum({AttemptEnded.INPUT_TOKENS}) as tokens_read, sum({AttemptEnded.OUTPUT_TOKENS}) as tokens_written,
    sum({AttemptEnded.CACHE_READ_TOKENS}) as cache_tokens_read,
    sum({AttemptEnded.CACHE_WRITE_TOKENS}) as cache_tokens_written,
    min({AttemptEnded.LEASE_MARGIN_SECONDS}) as least_lease_margin
    by bin(1d) as day, status
| sort day desc"""
