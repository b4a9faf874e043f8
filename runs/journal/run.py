"""A run and its steps. Agents and older versions write the journal, so a missing or malformed attribute is None."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from agent.harness.schema import (
    PARTITION_KEY,
    SORT_KEY,
    STEP_SORT_KEY_PREFIX,
    Attribute,
    CostAttribute,
    Status,
    StepAttribute,
)
from agent.harness.tokens import Tokens

_AMOUNTS = (CostAttribute.TOTAL, CostAttribute.MODEL, CostAttribute.RUNTIME, CostAttribute.REST)
# Keys as `step_sort_key` makes them. No run has more attempts than they have room for.
_STEP_KEY = re.compile(rf"{STEP_SORT_KEY_PREFIX}(\d{{3}})#(\d{{5}})", re.ASCII)
_LAST_ATTEMPT = 999
TERMINAL = frozenset({Status.COMPLETED, Status.FAILED, Status.CANCELLED})


@dataclass(frozen=True, kw_only=True)
class Cost:
    """An estimate of what a run has cost, in USD at list prices.

    Attributes:
        usd: The sum of what is known.
        model: The model.
        runtime: AgentCore.
        rest: Everything else.
        models: The part of each model, by its id.
        unpriced_models: Models whose price is not known: their tokens come on top.
        prices_as_of: The date of the prices.
    """

    usd: Decimal
    model: Decimal
    runtime: Decimal
    rest: Decimal
    models: Mapping[str, Decimal]
    unpriced_models: Sequence[str]
    prices_as_of: str | None

    @classmethod
    def of(cls, cost: Any) -> Cost | None:
        """Return the cost of an item with Python's values; None if it is missing or malformed."""
        try:
            amounts = [Decimal(cost[name]) for name in _AMOUNTS]
            models = {str(name): Decimal(usd) for name, usd in cost.get(CostAttribute.MODELS, {}).items()}
        except (KeyError, TypeError, ValueError, ArithmeticError, AttributeError):
            return None
        unpriced = cost.get(CostAttribute.UNPRICED_MODELS, [])
        if not isinstance(unpriced, Sequence) or not all(
            usd.is_finite() and usd >= 0 for usd in [*amounts, *models.values()]
        ):
            return None
        return cls(
            usd=amounts[0],
            model=amounts[1],
            runtime=amounts[2],
            rest=amounts[3],
            models=models,
            unpriced_models=[str(model) for model in unpriced],
            prices_as_of=_text(cost.get(CostAttribute.PRICES_AS_OF)),
        )


@dataclass(frozen=True, kw_only=True)
class Run:
    """A run at one moment. Times are in UTC; None where the journal has none.

    Attributes:
        session_id: The run's id.
        status: The status in the journal.
        attempt: The number of the current attempt, from 1.
        prompt: What was asked.
        requested_by: Who asked: a schedule, or a source of events.
        requested_at: When.
        started_at: When the agent of the current attempt began.
        finished_at: When the run ended.
        deadline_at: When the workflow gives up the run.
        lease_expires_at: Until when the agent has the run.
        expected_end_at: When the run should end, judged by finished runs.
        cancel_requested_at: When somebody asked to cancel it.
        progress: What the agent does, in one line.
        summary: The report's summary.
        report_uri: Where the report is.
        report_sha256: Hex digest of the report's bytes.
        changed: Whether the report differs from the one before.
        error_type: Why it failed, as one word.
        error_message: Why it failed, in a sentence.
        execution_arn: The workflow's execution.
        tokens: Tokens of all attempts; before the run's cost is known, those that the last agent has reported.
        cost: What it has cost; None before its end.
        item: The item's attributes.
    """

    session_id: str
    status: str
    attempt: int
    prompt: str | None
    requested_by: str | None
    requested_at: datetime | None
    started_at: datetime | None
    finished_at: datetime | None
    deadline_at: datetime | None
    lease_expires_at: datetime | None
    expected_end_at: datetime | None
    cancel_requested_at: datetime | None
    progress: str | None
    summary: str | None
    report_uri: str | None
    report_sha256: str | None
    changed: bool | None
    error_type: str | None
    error_message: str | None
    execution_arn: str | None
    tokens: Tokens
    cost: Cost | None
    item: Mapping[str, Any]

    @classmethod
    def of(cls, item: Mapping[str, Any]) -> Run:
        """Return the run of an item with Python's values."""
        attempt = _seconds(item.get(Attribute.ATTEMPT)) or 1
        changed = item.get(Attribute.CHANGED)
        return cls(
            session_id=str(item[PARTITION_KEY]),
            status=str(item.get(Attribute.STATUS, Status.PENDING)),
            attempt=int(attempt) if 1 <= attempt <= _LAST_ATTEMPT else 1,
            requested_at=_iso(item.get(Attribute.REQUESTED_AT)),
            changed=changed if isinstance(changed, bool) else None,
            tokens=_tokens_of_run(item),
            cost=Cost.of(item.get(Attribute.COST)),
            item=item,
            prompt=_text(item.get(Attribute.PROMPT)),
            requested_by=_text(item.get(Attribute.REQUESTED_BY)),
            started_at=_time(item.get(Attribute.STARTED_AT)),
            finished_at=_time(item.get(Attribute.FINISHED_AT)),
            deadline_at=_time(item.get(Attribute.DEADLINE_AT)),
            lease_expires_at=_time(item.get(Attribute.LEASE_EXPIRES_AT)),
            expected_end_at=_time(item.get(Attribute.EXPECTED_END_AT)),
            cancel_requested_at=_time(item.get(Attribute.CANCEL_REQUESTED_AT)),
            progress=_text(item.get(Attribute.PROGRESS)),
            summary=_text(item.get(Attribute.SUMMARY)),
            report_uri=_text(item.get(Attribute.REPORT_URI)),
            report_sha256=_text(item.get(Attribute.REPORT_SHA256)),
            error_type=_text(item.get(Attribute.ERROR_TYPE)),
            error_message=_text(item.get(Attribute.ERROR_MESSAGE)),
            execution_arn=_text(item.get(Attribute.EXECUTION_ARN)),
        )

    @property
    def has_ended(self) -> bool:
        """Whether the status is terminal."""
        return self.status in TERMINAL

    def seconds(self, now: datetime) -> float | None:
        """Return how long the run has taken, from its request to its end or to now; None if it is not known."""
        if self.requested_at is None:
            return None
        return max(0.0, ((self.finished_at or now) - self.requested_at).total_seconds())


@dataclass(frozen=True, kw_only=True)
class Step:
    """One call that an attempt made.

    Attributes:
        attempt: The attempt's number.
        number: The step's number in the attempt.
        kind: `START`, `MODEL` or `TOOL`.
        name: The tool, the model, or where the attempt continued from.
        status: `success` or `error`.
        seconds: Duration of the call.
        tokens: Tokens of a model call.
        finished_at: When the call ended.
        error_message: Why it failed.
    """

    attempt: int
    number: int
    kind: str
    name: str
    status: str
    seconds: float
    tokens: Tokens
    finished_at: datetime | None
    error_message: str | None

    @classmethod
    def of(cls, item: Mapping[str, Any]) -> Step | None:
        """Return the step of an item with Python's values; None if its key is not that of a step."""
        key = _STEP_KEY.fullmatch(str(item[SORT_KEY]))
        if key is None:
            return None
        return cls(
            attempt=int(key[1]),
            number=int(key[2]),
            kind=str(item.get(StepAttribute.KIND, "")),
            name=str(item.get(StepAttribute.NAME, "")),
            status=str(item.get(StepAttribute.STATUS, "")),
            seconds=_seconds(item.get(StepAttribute.SECONDS)) or 0.0,
            tokens=_tokens(item),
            finished_at=_time(item.get(StepAttribute.FINISHED_AT)),
            error_message=_text(item.get(StepAttribute.ERROR_MESSAGE)),
        )


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None


def _seconds(value: Any) -> float | None:
    try:
        return float(value)
    except (TypeError, ValueError):
        return None


def _time(value: Any) -> datetime | None:
    try:
        return datetime.fromtimestamp(float(value), UTC)
    except (TypeError, ValueError, OverflowError, OSError):
        return None


def _iso(value: Any) -> datetime | None:
    try:
        found = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _tokens_of_run(item: Mapping[str, Any]) -> Tokens:
    cost = item.get(Attribute.COST)
    counted = cost.get(CostAttribute.TOKENS) if isinstance(cost, Mapping) else None
    usage = item.get(Attribute.USAGE)
    return _tokens(next((counts for counts in (counted, usage) if isinstance(counts, Mapping)), {}))


def _tokens(counts: Mapping[str, Any]) -> Tokens:
    try:
        return Tokens.counted(counts)
    except (TypeError, ValueError):
        return Tokens()
