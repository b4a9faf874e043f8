"""The journal's schema: what every writer and reader of the table must agree on.

One DynamoDB table holds the runs (`SK = SESSION`), their steps (`SK = STEP#...`) and the duration that finished runs
have taught (`PK = EXPECTATION`). A run belongs to the attempt whose number its item carries: `attempt` is the fencing
token. Times are epoch seconds (fractions allowed), except `requested_at`, the ISO 8601 time of the requesting event.
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
EXPECTATION_KEY = {PARTITION_KEY: {"S": "EXPECTATION"}, SORT_KEY: {"S": RUN_KIND}}


class Status(StrEnum):
    """Where a run stands. The last three are terminal: nothing changes them."""

    PENDING = "PENDING"  # claimed by a workflow, or taken over: this attempt's agent has not begun
    BUSY = "BUSY"  # an agent holds the lease
    COMPLETED = "COMPLETED"
    FAILED = "FAILED"
    CANCELLED = "CANCELLED"
