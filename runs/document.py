"""The JSON form of runs: stable names, times in ISO 8601 with UTC, seconds as numbers, None as null."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from agent.harness.schema import CostAttribute
from runs.execution import WorkflowState
from runs.journal.run import Cost, Run, Step
from runs.spending import Spending
from runs.stats import Spread, Stats


def run_document(run: Run, now: datetime) -> dict[str, Any]:
    """Return a run as JSON values."""
    return {
        "session_id": run.session_id,
        "status": run.status,
        "attempt": run.attempt,
        "prompt": run.prompt,
        "requested_by": run.requested_by,
        "requested_at": _time(run.requested_at),
        "started_at": _time(run.started_at),
        "finished_at": _time(run.finished_at),
        "deadline_at": _time(run.deadline_at),
        "lease_expires_at": _time(run.lease_expires_at),
        "expected_end_at": _time(run.expected_end_at),
        "cancel_requested_at": _time(run.cancel_requested_at),
        "seconds": run.seconds(now),
        "progress": run.progress,
        "summary": run.summary,
        "report_uri": run.report_uri,
        "report_sha256": run.report_sha256,
        "changed": run.changed,
        "error_type": run.error_type,
        "error_message": run.error_message,
        "execution_arn": run.execution_arn,
        "tokens": run.tokens.counts(),
        "cost": None if run.cost is None else _cost(run.cost),
    }


def _cost(cost: Cost) -> dict[str, Any]:
    return {
        CostAttribute.TOTAL.value: float(cost.usd),
        CostAttribute.MODEL.value: float(cost.model),
        CostAttribute.RUNTIME.value: float(cost.runtime),
        CostAttribute.REST.value: float(cost.rest),
        CostAttribute.MODELS.value: {model: float(usd) for model, usd in cost.models.items()},
        CostAttribute.UNPRICED_MODELS.value: list(cost.unpriced_models),
        CostAttribute.PRICES_AS_OF.value: cost.prices_as_of,
    }


def steps_document(steps: Sequence[Step]) -> list[Mapping[str, Any]]:
    """Return steps as JSON values."""
    return [
        {
            "attempt": step.attempt,
            "number": step.number,
            "kind": step.kind,
            "name": step.name,
            "status": step.status,
            "seconds": step.seconds,
            "tokens": step.tokens.counts(),
            "finished_at": _time(step.finished_at),
            "error_message": step.error_message,
        }
        for step in steps
    ]


def workflow_document(state: WorkflowState | None) -> dict[str, Any] | None:
    """Return the state of a workflow as JSON values; None if it is not known."""
    if state is None:
        return None
    return {
        "status": state.status,
        "state": state.name,
        "since": _time(state.since),
        "is_interrupted": state.is_interrupted,
    }


def stats_document(stats: Stats, *, since: datetime, until: datetime) -> dict[str, Any]:
    """Return the statistics of a period as JSON values."""
    return {
        "since": _time(since),
        "until": _time(until),
        "runs": stats.total,
        "by_status": dict(stats.by_status),
        "errors": dict(stats.errors),
        "seconds": {status: _spread(spread) for status, spread in stats.seconds.items()},
        "detection_seconds": None if stats.detection_seconds is None else _spread(stats.detection_seconds),
        "tokens": stats.tokens.counts(),
        "cost": _spending(stats.spending),
        "days": [
            {
                "day": day.day.isoformat(),
                "runs": day.runs,
                "failed": day.failed,
                "tokens": day.tokens,
                CostAttribute.TOTAL.value: float(day.usd),
            }
            for day in stats.days
        ],
    }


def _spending(spending: Spending) -> dict[str, Any]:
    return {
        CostAttribute.TOTAL.value: float(spending.usd),
        CostAttribute.MODEL.value: float(spending.model),
        CostAttribute.RUNTIME.value: float(spending.runtime),
        CostAttribute.REST.value: float(spending.rest),
        "by_status": {status: float(usd) for status, usd in spending.by_status.items()},
        CostAttribute.MODELS.value: {model: float(usd) for model, usd in spending.by_model.items()},
        CostAttribute.UNPRICED_MODELS.value: list(spending.unpriced_models),
        "unknown_runs": spending.unknown_runs,
    }


def _spread(spread: Spread) -> dict[str, Any]:
    percentiles = {f"p{percent}": value for percent, value in spread.percentiles.items()}
    return {"count": spread.count} | percentiles | {"largest": spread.largest}


def _time(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat(timespec="milliseconds")
