"""Every write that the agent makes to the journal.

A write to a run is conditional on the attempt that its item carries, so that an attempt that was taken over can no
longer change anything. `agent/harness/schema.py` describes the items.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from agent.harness.schema import EXPECTATION_KEY, PARTITION_KEY, RUN_SORT_KEY, SORT_KEY, TTL_ATTRIBUTE, Status

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

# How far one finished run moves the expectation: the last three runs make up two thirds of it.
_LEARNING_RATE = 0.3
# A message in the journal explains; the whole trace is in the logs.
_MAX_MESSAGE_CHARACTERS = 2_000


class FencedError(Exception):
    """The run no longer belongs to this attempt, or has ended; whatever this attempt does must not count.

    Attributes:
        current: The run's item as the refused write found it, in DynamoDB's format; empty where there is none.
    """

    def __init__(self, message: str, current: Mapping[str, Any]) -> None:
        super().__init__(message)
        self.current = current


class CancelledBeforeStartError(Exception):
    """The run was cancelled before this attempt's agent began."""


@dataclass(frozen=True, kw_only=True)
class Step:
    """One thing that an attempt did.

    Attributes:
        kind: `START`, `MODEL` or `TOOL`.
        name: From where the attempt goes on, the model's id, or the tool's name.
        status: `success` or `error`.
        seconds: How long the call took.
        input_tokens: Tokens that a model call read.
        output_tokens: Tokens that a model call wrote.
        error: What went wrong, if anything did.
    """

    kind: str
    name: str
    status: str
    seconds: float
    input_tokens: int = 0
    output_tokens: int = 0
    error: str | None = None


class Journal:
    """The journal of one attempt.

    Every method makes one call to DynamoDB. Botocore's errors pass through: what to do about an unreachable journal is
    for the caller to decide.

    Args:
        client: A DynamoDB client; its own retries may repeat any write here without harm.
        table: Name of the table.
        session_id: The run's key.
        attempt: The fencing token.
        owner: Unique to this process's try at the attempt; tells a repeated `begin` from a competing one.
        clock: Epoch seconds.
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

    def begin(self, *, lease_seconds: float, expected_seconds: float) -> None:
        """Take the lease: PENDING becomes BUSY, once.

        Raises:
            FencedError: Another process has this attempt, or the run has gone on to another one or ended.
            CancelledBeforeStartError: The run was cancelled; it is now the caller's to end.
        """
        now = self._clock()
        try:
            self._update(
                {
                    "status": Status.BUSY,
                    "owner": self._owner,
                    "started_at": now,
                    "lease_expires_at": now + lease_seconds,
                    "expected_end_at": now + expected_seconds,
                    "progress": "Begun",
                },
                # The second half: our own first try, whose answer was lost and which the client repeats, perhaps
                # after the workflow has ended the run.
                condition=(
                    "(#status = :pending AND attribute_not_exists(cancel_requested_at)) "
                    "OR (#owner = :owner AND #status = :busy)"
                ),
                names={"#owner": "owner"},
                values={":pending": Status.PENDING, ":busy": Status.BUSY, ":owner": self._owner},
            )
        except FencedError as fenced:
            if self._is_ours(fenced.current, Status.PENDING) and "cancel_requested_at" in fenced.current:
                raise CancelledBeforeStartError from None
            raise

    def renew(self, *, lease_seconds: float, progress: str | None = None, expected_end_at: float | None = None) -> bool:
        """Renew the lease, and say how the work is getting on and when it should be done.

        Returns:
            Whether somebody has asked for the run to be cancelled.

        Raises:
            FencedError: The lease is lost.
        """
        known = {"progress": progress, "expected_end_at": expected_end_at}
        update = {name: value for name, value in known.items() if value is not None}
        update["lease_expires_at"] = self._clock() + lease_seconds
        return "cancel_requested_at" in self._update(update)

    def release(self) -> None:
        """Hand the run back: the lease ends now, so the workflow takes the run over at its next look.

        Raises:
            FencedError: The lease was lost already.
        """
        self._update(
            {"lease_expires_at": self._clock(), "progress": "Handed back: the agent was told to shut down"},
        )

    def complete(
        self, *, report_uri: str, report_sha256: str, summary: str, usage: Mapping[str, int], changed: bool = True
    ) -> None:
        """End the run well, with a pointer to its report, and whether that says anything new.

        Raises:
            FencedError: The lease is lost; the report must not become the run's.
        """
        self._finish(
            Status.COMPLETED,
            {
                "report_uri": report_uri,
                "report_sha256": report_sha256,
                "summary": summary[:_MAX_MESSAGE_CHARACTERS],
                "usage": dict(usage),
                "changed": changed,
                "progress": "Done",
            },
        )

    def fail(self, error_type: str, error_message: str) -> None:
        """End the run with an error.

        Raises:
            FencedError: The lease is lost.
        """
        self._finish(
            Status.FAILED, {"error_type": error_type, "error_message": error_message[:_MAX_MESSAGE_CHARACTERS]}
        )

    def cancel(self) -> None:
        """End the run because somebody asked for that.

        Raises:
            FencedError: The lease is lost.
        """
        self._finish(Status.CANCELLED, {"progress": "Cancelled"})

    def record_step(self, number: int, step: Step, *, retention_seconds: float) -> None:
        """Write one step; a zombie's steps carry its own attempt's number, so they stand beside the winner's."""
        now = self._clock()
        values = {
            PARTITION_KEY: self._session_id,
            SORT_KEY: f"STEP#{self._attempt:03d}#{number:05d}",
            "step": step.kind,
            "name": step.name,
            "status": step.status,
            "seconds": round(step.seconds, 3),
            "input_tokens": step.input_tokens,
            "output_tokens": step.output_tokens,
            "error_message": step.error[:_MAX_MESSAGE_CHARACTERS] if step.error else None,
            "finished_at": now,
            TTL_ATTRIBUTE: int(now + retention_seconds),
        }
        self._client.put_item(
            TableName=self._table,
            Item={name: _attribute(value) for name, value in values.items() if value is not None},
        )

    def expected_seconds(self) -> float | None:
        """How long finished runs took, the latest ones counting most; None before the first has finished."""
        item = self._client.get_item(TableName=self._table, Key=EXPECTATION_KEY).get("Item", {})
        return float(item["expected_seconds"]["N"]) if item else None

    def learn(self, seconds: float) -> None:
        """Move the expectation towards a finished run's duration. Of two runs at once one may go unheard: no harm."""
        before = self.expected_seconds()
        after = seconds if before is None else before + _LEARNING_RATE * (seconds - before)
        self._client.update_item(
            TableName=self._table,
            Key=EXPECTATION_KEY,
            UpdateExpression="SET expected_seconds = :seconds ADD finished_runs :one",
            ExpressionAttributeValues={":seconds": _attribute(round(after, 3)), ":one": {"N": "1"}},
        )

    def _finish(self, status: Status, fields: Mapping[str, Any]) -> None:
        # Only a cancellation can end a run that was never BUSY: `begin` found the request.
        live = (Status.BUSY, Status.PENDING) if status is Status.CANCELLED else (Status.BUSY,)
        values = {f":live_{number}": value for number, value in enumerate(live)}
        try:
            self._update(
                {"status": status, "finished_at": self._clock(), "ended_by": self._owner, **fields},
                condition=f"#status IN ({', '.join(values)})",
                values=values,
            )
        except FencedError as fenced:
            # Our own first try, whose answer was lost and which the client repeats.
            if not (self._is_ours(fenced.current, status) and _text(fenced.current, "ended_by") == self._owner):
                raise

    def _update(
        self,
        fields: Mapping[str, Any],
        *,
        condition: str = "#status = :busy",
        names: Mapping[str, str] | None = None,
        values: Mapping[str, Any] | None = None,
    ) -> Mapping[str, Any]:
        """Set fields of the run's item, if it carries our attempt and `condition` holds; return it as it is now."""
        condition_values = {":busy": Status.BUSY} if values is None else values
        try:
            return self._client.update_item(
                TableName=self._table,
                Key={PARTITION_KEY: {"S": self._session_id}, SORT_KEY: {"S": RUN_SORT_KEY}},
                UpdateExpression="SET " + ", ".join(f"#set_{name} = :set_{name}" for name in fields),
                ConditionExpression=f"attempt = :attempt AND ({condition})",
                ExpressionAttributeNames={
                    "#status": "status",
                    **(names or {}),
                    **{f"#set_{name}": name for name in fields},
                },
                ExpressionAttributeValues={
                    ":attempt": _attribute(self._attempt),
                    **{name: _attribute(value) for name, value in condition_values.items()},
                    **{f":set_{name}": _attribute(value) for name, value in fields.items()},
                },
                ReturnValues="ALL_NEW",
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )["Attributes"]
        except self._client.exceptions.ConditionalCheckFailedException as refusal:
            # Botocore leaves the item that the condition met beside the error.
            current: Mapping[str, Any] = refusal.response.get("Item", {})  # type: ignore[assignment]
            found = "no run" if not current else f"attempt {_text(current, 'attempt')}, {_text(current, 'status')}"
            raise FencedError(
                f"Attempt {self._attempt} no longer owns run {self._session_id}: the journal holds {found}", current
            ) from None

    def _is_ours(self, item: Mapping[str, Any], status: Status) -> bool:
        return _text(item, "attempt") == str(self._attempt) and _text(item, "status") == status.value


def _text(item: Mapping[str, Any], name: str) -> str | None:
    """A string's or a number's text in DynamoDB's attribute format; None where the item has no such attribute."""
    return next(iter(item.get(name, {}).values()), None)


def _attribute(value: Any) -> dict[str, Any]:
    """Encode a value the way DynamoDB wants it (boto3's own serializer refuses floats)."""
    if isinstance(value, bool):
        return {"BOOL": value}
    if isinstance(value, str):
        return {"S": str(value)}
    if isinstance(value, int | float):
        return {"N": repr(value)}
    if isinstance(value, Mapping):
        return {"M": {name: _attribute(member) for name, member in value.items()}}
    raise TypeError(f"The journal holds no {type(value).__name__}: {value!r}")
