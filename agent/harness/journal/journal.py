"""Every write of an agent to the journal.

A write to a run is conditional on the attempt in its item, so an attempt that was taken over cannot change anything.
`agent/harness/schema.py` describes the items.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from agent.harness.journal.attributes import encode, text_of
from agent.harness.journal.fenced_item import FencedError, FencedItem
from agent.harness.journal.step import MAX_MESSAGE_CHARACTERS, Step
from agent.harness.schema import (
    PARTITION_KEY,
    SORT_KEY,
    Attribute,
    ErrorType,
    Status,
    StepAttribute,
    step_sort_key,
)

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


class CancelledBeforeStartError(Exception):
    """The run was cancelled before the agent of this attempt began."""


class Journal:
    """The journal of one attempt.

    Every method makes one call to DynamoDB. Errors of botocore pass through: the caller decides what to do about an
    unreachable journal.

    Args:
        client: A DynamoDB client. Its own retries may repeat every write here without harm.
        table: Name of the table.
        session_id: The run's key.
        attempt: The fencing token.
        owner: Unique id of this process's work on the attempt. Distinguishes a repeated `begin` from a competing one.
        clock: Returns epoch seconds.
    """

    def __init__(
        self,
        client: DynamoDBClient,
        table: str,
        *,
        session_id: str,
        attempt: int,
        owner: str,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._client = client
        self._table = table
        self._session_id = session_id
        self._attempt = attempt
        self._owner = owner
        self._clock = clock
        self._run = FencedItem(client, table, session_id=session_id, attempt=attempt)

    def begin(self, *, lease_seconds: float, expected_seconds: float) -> None:
        """Take the lease: PENDING becomes BUSY, once.

        Raises:
            FencedError: Another process has this attempt, or the run has another attempt or has ended.
            CancelledBeforeStartError: The run was cancelled; the caller must end it.
        """
        now = self._clock()
        try:
            self._run.update(
                {
                    Attribute.STATUS: Status.BUSY,
                    Attribute.OWNER: self._owner,
                    Attribute.STARTED_AT: now,
                    Attribute.LEASE_EXPIRES_AT: now + lease_seconds,
                    Attribute.EXPECTED_END_AT: now + expected_seconds,
                    Attribute.PROGRESS: "Begun",
                },
                # The second half allows the client to repeat this write after the response was lost. The run must
                # still be BUSY: the workflow may have ended it since.
                condition=(
                    f"(#status = :pending AND attribute_not_exists({Attribute.CANCEL_REQUESTED_AT})) "
                    "OR (#owner = :owner AND #status = :busy)"
                ),
                names={"#owner": Attribute.OWNER},
                values={":pending": Status.PENDING, ":busy": Status.BUSY, ":owner": self._owner},
            )
        except FencedError as fenced:
            if self._run.is_own(fenced.current, Status.PENDING) and Attribute.CANCEL_REQUESTED_AT in fenced.current:
                raise CancelledBeforeStartError from None
            raise

    def renew(
        self,
        *,
        lease_seconds: float,
        progress: str | None = None,
        expected_end_at: float | None = None,
        expected_ends: str | None = None,
    ) -> bool:
        """Renew the lease, and update the progress and the expected end where they are given.

        Returns:
            Whether somebody asked for the run to be cancelled.

        Raises:
            FencedError: The lease is lost.
        """
        known = {
            Attribute.PROGRESS: progress,
            Attribute.EXPECTED_END_AT: expected_end_at,
            Attribute.EXPECTED_ENDS: expected_ends,
        }
        fields: dict[str, Any] = {name: value for name, value in known.items() if value is not None}
        fields[Attribute.LEASE_EXPIRES_AT] = self._clock() + lease_seconds
        return Attribute.CANCEL_REQUESTED_AT in self._run.update(fields)

    def release(self, *, model_error: str | None = None) -> None:
        """End the lease now, so that the workflow takes over the run at its next check.

        Args:
            model_error: The model's error, if that is the reason; None if the process shuts down.

        Raises:
            FencedError: The lease was already lost.
        """
        fields: dict[str, Any] = {Attribute.PROGRESS: "Handed back: the process shuts down"}
        if model_error is not None:
            fields[Attribute.PROGRESS] = "Handed back: the model is unavailable"
            fields[Attribute.MODEL_UNAVAILABLE_IN] = self._attempt
            fields[Attribute.MODEL_ERROR] = model_error[:MAX_MESSAGE_CHARACTERS]
        self._run.update({Attribute.LEASE_EXPIRES_AT: self._clock(), **fields})

    def complete(
        self, *, report_uri: str, report_sha256: str, summary: str, usage: Mapping[str, int], changed: bool = True
    ) -> None:
        """End the run as completed, with a pointer to its report and whether the report differs from the previous one.

        Raises:
            FencedError: The lease is lost; the report must not become the run's.
        """
        self._finish(
            Status.COMPLETED,
            {
                Attribute.REPORT_URI: report_uri,
                Attribute.REPORT_SHA256: report_sha256,
                Attribute.SUMMARY: summary[:MAX_MESSAGE_CHARACTERS],
                Attribute.USAGE: dict(usage),
                Attribute.CHANGED: changed,
                Attribute.PROGRESS: "Done",
            },
        )

    def fail(self, error_type: ErrorType | str, error_message: str) -> None:
        """End the run with an error.

        Raises:
            FencedError: The lease is lost.
        """
        self._finish(
            Status.FAILED,
            {Attribute.ERROR_TYPE: error_type, Attribute.ERROR_MESSAGE: error_message[:MAX_MESSAGE_CHARACTERS]},
        )

    def cancel(self) -> None:
        """End the run as cancelled.

        Raises:
            FencedError: The lease is lost.
        """
        self._finish(Status.CANCELLED, {Attribute.PROGRESS: "Cancelled"})

    def record_step(self, number: int, step: Step, *, retention_seconds: float) -> None:
        """Write one step. Its key contains the attempt, so a zombie's steps do not overwrite those of the winner."""
        now = self._clock()
        values = {
            PARTITION_KEY: self._session_id,
            SORT_KEY: step_sort_key(self._attempt, number),
            **step.attributes(),
            StepAttribute.FINISHED_AT: now,
            StepAttribute.EXPIRES_AT: int(now + retention_seconds),
        }
        item = {name: encode(value) for name, value in values.items()}
        self._client.put_item(TableName=self._table, Item=item)

    def _finish(self, status: Status, fields: Mapping[str, Any]) -> None:
        # Only a cancellation ends a run that was never BUSY: `begin` found the request.
        live = (Status.BUSY, Status.PENDING) if status is Status.CANCELLED else (Status.BUSY,)
        values = {f":live_{number}": value for number, value in enumerate(live)}
        try:
            self._run.update(
                {
                    Attribute.STATUS: status,
                    Attribute.FINISHED_AT: self._clock(),
                    Attribute.ENDED_BY: self._owner,
                    **fields,
                },
                condition=f"#status IN ({', '.join(values)})",
                values=values,
            )
        except FencedError as fenced:
            # The first write succeeded, its response was lost, and the client repeated it.
            own = text_of(fenced.current, Attribute.ENDED_BY) == self._owner
            if not (own and self._run.is_own(fenced.current, status)):
                raise
