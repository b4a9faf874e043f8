"""`runs show`: everything about one run, what is wrong first."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from agent.harness.schema import Status, StepKind
from agent.harness.tokens import Tokens
from costs.models import bill_of
from runs.cli import text
from runs.cli.screen import Screen
from runs.execution import execution_link
from runs.journal.run import Run, Step
from runs.place.place import Place

_LABEL_WIDTH = 12


def print_run(screen: Screen, place: Place, run: Run, steps: Sequence[Step], *, now: datetime) -> None:
    """Print a run: how it is, what to do, and the facts."""
    screen.line(
        screen.status(run.status), f"   {run.session_id}", *([f"   {run.error_type}"] if run.error_type else [])
    )
    for line in _explanation(run):
        screen.line(f"  {line}")
    screen.line("")
    for label, value in _facts(place, run, steps, now):
        screen.line(f"  {label:<{_LABEL_WIDTH}} {value}")


def _explanation(run: Run) -> list[str]:
    if run.status == Status.FAILED:
        return [
            " ".join((run.error_message or "The run failed without a message.").split()),
            f"To ask for the same work again: 'runs retry {run.session_id[:8]}'",
        ]
    return [text.outcome(run)]


def _facts(place: Place, run: Run, steps: Sequence[Step], now: datetime) -> list[tuple[str, str]]:
    facts = [
        ("asked by", f"{run.requested_by or text.UNKNOWN}, {_moment(run.requested_at, now)}"),
        ("prompt", run.prompt or text.UNKNOWN),
        ("took", f"{text.duration(run.seconds(now))} of at most {text.duration(_limit(run))}"),
    ]
    facts += [("attempts" if number == 1 else "", line) for number, line in enumerate(_attempts(run, steps), 1)]
    facts.append(("steps", _steps(steps)))
    facts += [("tokens", line) for line in _tokens(steps)]
    facts += [("report", run.report_uri)] if run.report_uri else []
    facts += [("execution", execution_link(place, run.execution_arn))] if run.execution_arn else []
    return facts


def _moment(moment: datetime | None, now: datetime) -> str:
    if moment is None:
        return text.UNKNOWN
    return f"{moment.astimezone():%a %d %b %H:%M:%S} ({text.age(moment, now)})"


def _limit(run: Run) -> float | None:
    if run.deadline_at is None or run.requested_at is None:
        return None
    return (run.deadline_at - run.requested_at).total_seconds()


def _attempts(run: Run, steps: Sequence[Step]) -> list[str]:
    lines = []
    for attempt in range(1, run.attempt + 1):
        own = [step for step in steps if step.attempt == attempt]
        calls = sum(step.kind != StepKind.START for step in own)
        start = next((step.name for step in own if step.kind == StepKind.START), "no step recorded")
        last = own[-1].finished_at if own else None
        end = f", last step {last.astimezone():%H:%M:%S}" if last else ""
        lines.append(f"{attempt}  {start}, {calls} call{'' if calls == 1 else 's'}{end}")
    return lines


def _steps(steps: Sequence[Step]) -> str:
    tools = sum(step.kind == StepKind.TOOL for step in steps)
    models = sum(step.kind == StepKind.MODEL for step in steps)
    failed = sum(step.status == "error" for step in steps)
    last = f"; the last: {steps[-1].name}" if steps else ""
    return f"{tools} tool calls, {models} model calls, {failed} failed{last}"


def _tokens(steps: Sequence[Step]) -> list[str]:
    calls = [bill_of(step.name, step.tokens) for step in steps if step.kind == StepKind.MODEL]
    total = sum((call.tokens for call in calls), Tokens())
    if not total.total:
        return []
    known = sum(call.usd for call in calls)
    unknown = {model for call in calls for model in call.unknown}
    cost = (
        f"price of {', '.join(sorted(unknown))} not known"
        if unknown
        else f"model {text.usd(known) if known else '$0.00'}"
    )
    return [
        f"in {total.read:,} · cache read {total.cache_read:,} · cache write {total.cache_written:,} · "
        f"out {total.written:,} · {cost}"
    ]
