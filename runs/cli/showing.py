"""`runs show`: everything about one run, its error first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from agent.harness.schema import ErrorType, Status, StepKind
from runs.cli import text
from runs.cli.screen import Screen
from runs.execution import WorkflowState
from runs.journal.advice import advice
from runs.journal.bill import model_bill
from runs.journal.run import Run, Step
from runs.links import links
from runs.place.place import Place

_LABEL_WIDTH = 12


def print_run(
    screen: Screen,
    place: Place,
    run: Run,
    steps: Sequence[Step],
    state: WorkflowState | None,
    problem: str,
    *,
    now: datetime,
) -> None:
    """Print a run: how it is, what to do, and the facts.

    Args:
        screen: Where to print.
        place: The agent's place.
        run: The run.
        steps: Its steps.
        state: The state of its workflow; None if it is not known.
        problem: Why it is not known; empty if it is, or if there is no execution.
        now: The present time.
    """
    screen.line(
        screen.status(run.status), f"   {run.session_id}", *([f"   {run.error_type}"] if run.error_type else [])
    )
    for paragraph in (_outcome(run), *_what_to_do(run, state)):
        screen.wrapped(paragraph, indent=2)
    screen.line("")
    workflow = state.summary if state else problem
    for label, value in _facts(run, steps, workflow, now):
        name = f"  {label:<{_LABEL_WIDTH}} "
        screen.wrapped(value, name, indent=len(name))
    for label, value in _places(place, run):
        screen.whole(f"  {label:<{_LABEL_WIDTH}} {value}")  # a part of an address is of no use


def _outcome(run: Run) -> str:
    if run.error_type and run.has_ended:
        return run.error_message or f"The run is {run.status} without a message."
    return text.outcome(run)


def _what_to_do(run: Run, state: WorkflowState | None) -> Iterator[str]:
    short = run.session_id[:8]
    if not run.has_ended:
        yield f"'runs watch {short}' follows it; 'runs cancel {short}' ends it."
    if state is not None and state.is_interrupted:
        yield (
            f"The workflow is {state.summary}, so nobody watches this run or announces its end. "
            f"What to do: correct the cause, then 'runs redrive {short}' continues there."
        )
    elif run.has_ended and run.status != Status.COMPLETED:
        again = f"'runs retry {short}' asks for the same work again."
        if (reason := advice(run)) is None:
            yield f"What to do: {again}"
        elif run.error_type == ErrorType.INVALID_REQUEST:
            yield f"What to do: {reason}"
        else:
            yield f"What to do: {reason} 'runs logs {short}' shows what happened; {again}"


def _places(place: Place, run: Run) -> list[tuple[str, str]]:
    short = run.session_id[:8]
    found = [("report", f"'runs report {short} --open', {run.report_uri}")] if run.report_uri else []
    found.append(("logs", f"'runs logs {short}'"))
    if place.is_local and run.execution_arn:
        found.append(("execution", run.execution_arn))
    return [*found, *links(place, run).items()]


def _facts(run: Run, steps: Sequence[Step], workflow: str, now: datetime) -> list[tuple[str, str]]:
    facts = [
        ("asked by", f"{run.requested_by or text.UNKNOWN}, {_moment(run.requested_at, now)}"),
        ("prompt", run.prompt or text.UNKNOWN),
        ("took", f"{text.duration(run.seconds(now))} of at most {text.duration(_limit(run))}"),
    ]
    if workflow:
        facts.append(("workflow", workflow))
    facts += [("attempts" if number == 1 else "", line) for number, line in enumerate(_attempts(run, steps), 1)]
    facts.append(("steps", _steps(steps)))
    return [*facts, *_tokens(run, steps)]


def _moment(moment: datetime | None, now: datetime) -> str:
    if moment is None:
        return text.UNKNOWN
    return f"{moment.astimezone():%a %d %b %H:%M:%S} ({text.age(moment, now)})"


def _limit(run: Run) -> float | None:
    if run.deadline_at is None or run.requested_at is None:
        return None
    return (run.deadline_at - run.requested_at).total_seconds()


def _attempts(run: Run, steps: Sequence[Step]) -> Iterator[str]:
    for attempt in range(1, run.attempt + 1):
        own = [step for step in steps if step.attempt == attempt]
        calls = [step for step in own if step.kind != StepKind.START]
        ends = [f"{end.astimezone():%H:%M:%S}" for end in (step.finished_at for step in own) if end is not None]
        parts = [f"{ends[0]} {text.UNKNOWN} {ends[-1]}" if ends else "no step recorded", _count(len(calls), "call")]
        if attempt < run.attempt or run.error_type == ErrorType.AGENT_LOST:
            parts.append("did not finish")
        if attempt > 1:
            parts += [step.name for step in own if step.kind == StepKind.START]  # whether it had to start over
        yield f"{attempt}: {', '.join(parts)}"


def _steps(steps: Sequence[Step]) -> str:
    tools = sum(step.kind == StepKind.TOOL for step in steps)
    models = sum(step.kind == StepKind.MODEL for step in steps)
    failed = sum(step.status == "error" for step in steps)
    last = f"; the last: {steps[-1].name}" if steps else ""
    return f"{_count(tools, 'tool call')}, {_count(models, 'model call')}, {failed} failed{last}"


def _count(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def _tokens(run: Run, steps: Sequence[Step]) -> Iterator[tuple[str, str]]:
    bill = model_bill(steps)
    used = bill.tokens
    if used.total:
        yield (
            "tokens",
            f"in {used.read:,} · cache read {used.cache_read:,} · cache write {used.cache_written:,} · "
            f"out {used.written:,}",
        )
    missing = f"; the price of {', '.join(sorted(bill.unknown))} is not known" if bill.unknown else ""
    if run.cost is not None:
        model, runtime, rest = (text.usd(usd) for usd in (run.cost.model, run.cost.runtime, run.cost.rest))
        parts = f"model {model}, AgentCore {runtime}, everything else {rest}"
        yield "cost", f"{text.usd(run.cost.usd)}, an estimate: {parts}{missing}"
    elif used.total:
        yield "cost", f"model {text.usd(bill.usd)} so far{missing}"
