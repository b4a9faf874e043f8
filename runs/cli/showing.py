"""`runs show`: everything about one run, its error first."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from agent.harness.schema import Status, StepKind
from runs.cli import text
from runs.cli.screen import Screen
from runs.journal.bill import model_bill
from runs.journal.run import Run, Step
from runs.links import links
from runs.place.place import Place

_LABEL_WIDTH = 12


def print_run(screen: Screen, place: Place, run: Run, steps: Sequence[Step], *, now: datetime) -> None:
    """Print a run: how it is, what to do, and the facts."""
    screen.line(
        screen.status(run.status), f"   {run.session_id}", *([f"   {run.error_type}"] if run.error_type else [])
    )
    for paragraph in _explanation(run):
        screen.wrapped(paragraph, indent=2)
    screen.line("")
    for label, value in _facts(run, steps, now):
        screen.line(f"  {label:<{_LABEL_WIDTH}} {value}")
    for label, value in _places(place, run):
        screen.whole(f"  {label:<{_LABEL_WIDTH}} {value}")  # a part of an address is of no use


def _explanation(run: Run) -> list[str]:
    short = run.session_id[:8]
    if run.status == Status.FAILED:
        return [
            run.error_message or "The run failed without a message.",
            f"What to do: 'runs logs {short}' has its last lines; 'runs retry {short}' asks for the same work again.",
        ]
    if run.status == Status.CANCELLED:
        return [text.outcome(run), f"What to do: 'runs retry {short}' asks for the same work again."]
    if not run.has_ended:
        return [text.outcome(run), f"'runs watch {short}' follows it; 'runs cancel {short}' ends it."]
    return [text.outcome(run)]


def _places(place: Place, run: Run) -> list[tuple[str, str]]:
    short = run.session_id[:8]
    found = [("report", f"'runs report {short} --open', {run.report_uri}")] if run.report_uri else []
    found.append(("logs", f"'runs logs {short}'"))
    if place.is_local and run.execution_arn:
        found.append(("execution", run.execution_arn))
    return [*found, *links(place, run).items()]


def _facts(run: Run, steps: Sequence[Step], now: datetime) -> list[tuple[str, str]]:
    facts = [
        ("asked by", f"{run.requested_by or text.UNKNOWN}, {_moment(run.requested_at, now)}"),
        ("prompt", run.prompt or text.UNKNOWN),
        ("took", f"{text.duration(run.seconds(now))} of at most {text.duration(_limit(run))}"),
    ]
    facts += [("attempts" if number == 1 else "", line) for number, line in enumerate(_attempts(run, steps), 1)]
    facts.append(("steps", _steps(steps)))
    return facts + _tokens(run, steps)


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


def _tokens(run: Run, steps: Sequence[Step]) -> list[tuple[str, str]]:
    bill = model_bill(steps)
    used = bill.tokens
    if not used.total:
        return []
    cost = f"model {text.usd(bill.usd)}"
    if run.cost is not None:
        parts = f"model {run.cost.model:f}, runtime {run.cost.runtime:f}, rest {run.cost.rest:f}"
        cost = f"{text.usd(run.cost.usd)} ({parts}), an estimate"
    tokens = (
        f"in {used.read:,} · cache read {used.cache_read:,} · cache write {used.cache_written:,} · out {used.written:,}"
    )
    missing = f"; the price of {', '.join(sorted(bill.unknown))} is not known" if bill.unknown else ""
    return [("tokens", tokens), ("cost", f"{cost}{missing}")]
