"""The journal's schema, which every writer and reader of the table uses.

One DynamoDB table holds the runs (`SK = SESSION`), their steps (`SK = STEP#...`) and the expected duration, which is
learned from finished runs (`PK = EXPECTATION`). A schedule that must not overlap has an item with its current run
(`SK = CURRENT_RUN`), and one item has the ids of all live runs. The workflow limits runs by these two: their partition
keys begin with `LIMIT#`, and agents have no permission for them.

A run belongs to the attempt in its item: `attempt` is the fencing token. Times are epoch seconds (fractions
allowed), except `requested_at`, the ISO 8601 time of the requesting event.
"""

from __future__ import annotations

from enum import StrEnum

PARTITION_KEY = "PK"
SORT_KEY = "SK"
TTL_ATTRIBUTE = "expires_at"
RUN_SORT_KEY = "SESSION"
RUN_KIND = "RUN"
RUNS_INDEX = "runs-by-time"
RUNS_INDEX_PARTITION_KEY = "kind"
RUNS_INDEX_SORT_KEY = "requested_at"
EXPECTED_SECONDS = "expected_seconds"
LAST_DURATIONS = "last_durations"
FINISHED_RUNS = "finished_runs"
LIVE_RUNS = "runs"
LIMIT_PREFIX = "LIMIT#"
LIVE_RUNS_KEY = {PARTITION_KEY: {"S": f"{LIMIT_PREFIX}LIVE"}, SORT_KEY: {"S": RUN_KIND}}
CURRENT_RUN_SORT_KEY = "CURRENT_RUN"
EXPECTATION_KEY = {PARTITION_KEY: {"S": "EXPECTATION"}, SORT_KEY: {"S": RUN_KIND}}


class Status(StrEnum):
    """Status of a run. The last three are terminal: they never change."""

    PENDING = "PENDING"  # a workflow claimed it, or took it over: the agent of this attempt has not begun
    BUSY = "BUSY"  # an agent holds the lease
    COMPLETED = "COMPLETED"
    FAILED = "FAILED"
    CANCELLED = "CANCELLED"


class Attribute(StrEnum):
    """The attributes of a run's item, except its keys."""

    KIND = RUNS_INDEX_PARTITION_KEY
    STATUS = "status"
    ATTEMPT = "attempt"
    OWNER = "owner"
    PROMPT = "prompt"
    RETRY_OF = "retry_of"  # the earlier run that the prompt is from
    REQUESTED_AT = RUNS_INDEX_SORT_KEY
    REQUESTED_BY = "requested_by"
    EXECUTION_ARN = "execution_arn"
    DEADLINE_AT = "deadline_at"
    STARTED_AT = "started_at"
    LEASE_EXPIRES_AT = "lease_expires_at"
    MODEL_UNAVAILABLE_IN = "model_unavailable_in"  # the last attempt that was handed back because of the model
    MODEL_ERROR = "model_error"  # the model's error in that attempt
    EXPECTED_END_AT = "expected_end_at"
    EXPECTED_ENDS = "expected_ends"  # when the run would end if it took as long as each of the last runs, in order
    PROGRESS = "progress"
    CANCEL_REQUESTED_AT = "cancel_requested_at"
    CANCEL_REQUESTED_BY = "cancel_requested_by"
    FINISHED_AT = "finished_at"
    ENDED_BY = "ended_by"
    REPORT_URI = "report_uri"
    REPORT_SHA256 = "report_sha256"
    SUMMARY = "summary"
    USAGE = "usage"
    CHANGED = "changed"
    COST = "cost"
    ERROR_TYPE = "error_type"
    ERROR_MESSAGE = "error_message"
    EXPIRES_AT = TTL_ATTRIBUTE


class ScheduleAttribute(StrEnum):
    """The attributes of a schedule's item, except its keys. The partition key is the `requested_by` of its runs."""

    SESSION_ID = "session_id"  # the current run
    UNTIL = "until"  # from then on, the run no longer holds the schedule, even if its workflow was aborted
    EXPIRES_AT = TTL_ATTRIBUTE


class CostAttribute(StrEnum):
    """The members of a run's cost, in USD at list prices. It is written when the run has ended."""

    TOTAL = "usd"
    MODEL = "model_usd"
    RUNTIME = "runtime_usd"
    REST = "rest_usd"
    MODELS = "models"  # of the model's cost, what each model has cost, by its id
    TOKENS = "tokens"  # of all attempts, also of a run that failed
    UNPRICED_MODELS = "unpriced_models"  # models whose price is not known: their tokens cost more than the total
    PRICES_AS_OF = "prices_as_of"


class StepKind(StrEnum):
    """Kind of a step."""

    START = "START"  # where the attempt continued from
    MODEL = "MODEL"
    TOOL = "TOOL"


class StepAttribute(StrEnum):
    """The attributes of a step's item, except its keys."""

    KIND = "step"
    NAME = "name"
    STATUS = "status"
    SECONDS = "seconds"
    INPUT_TOKENS = "input_tokens"
    OUTPUT_TOKENS = "output_tokens"
    CACHE_READ_TOKENS = "cache_read_tokens"
    CACHE_WRITE_TOKENS = "cache_write_tokens"
    METRICS_ASKED = "metrics_asked"  # metrics that the step has asked CloudWatch for, which is never free
    COST_QUERIES = "cost_queries"  # requests that the step has made to Cost Explorer, which are never free
    ERROR_MESSAGE = "error_message"
    FINISHED_AT = "finished_at"
    EXPIRES_AT = TTL_ATTRIBUTE


class ErrorType(StrEnum):
    """Why a run failed or was skipped, if not because of an error of the work."""

    AGENT_LOST = "AgentLost"  # no attempt is left, and the last one stopped responding
    MODEL_UNAVAILABLE = "ModelUnavailable"  # no attempt is left, and the last one could not reach its model
    DEADLINE_EXCEEDED = "DeadlineExceeded"
    INVALID_REQUEST = "InvalidRequest"  # the event's detail or the start payload is not valid
    TOO_MANY_RUNS = "TooManyRuns"  # the maximum number of runs was live
    SCHEDULE_OVERLAP = "ScheduleOverlap"  # the schedule's last run had not ended
    REPORT_REFUSED = "ReportRefused"  # only in the outcome: the report is not below the run's own prefix


REPORTS_PREFIX = "reports/"
"""Where the reports are in the stack's bucket; each run has its own prefix below it."""

CONVERSATIONS_PREFIX = "conversations"
"""Where the conversations are in the stack's bucket; each has its own folder below it."""

RESTARTED_CONVERSATION = "-anew"
"""Suffix of a conversation that was restarted. The value is part of the names of existing objects."""

STEP_SORT_KEY_PREFIX = "STEP#"


def step_sort_key(attempt: int, number: int) -> str:
    """Return the sort key of a step; keys sort by attempt, then by number.

    Args:
        attempt: The attempt that the step belongs to.
        number: Number of the step within the attempt, from 1.
    """
    return f"{STEP_SORT_KEY_PREFIX}{attempt:03d}#{number:05d}"


def conversation_folder(name: str) -> str:
    """Return the prefix that Strands gives the objects of a conversation.

    Args:
        name: `<session id>-<attempt>`, with RESTARTED_CONVERSATION behind it if it was restarted.
    """
    return f"{CONVERSATIONS_PREFIX}/session_{name}/"


def is_own_report(uri: str, *, bucket: str, session_id: str) -> bool:
    """Return whether a run's report is below the run's own prefix. The workflow checks the same.

    A session can write any `report_uri` into the journal, so nothing outside is read as the run's report.

    Args:
        uri: The run's `report_uri`.
        bucket: The stack's bucket of reports.
        session_id: The run's id.
    """
    return uri.startswith(f"s3://{bucket}/{REPORTS_PREFIX}{session_id}/") and ".." not in uri
