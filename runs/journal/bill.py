"""What the model calls of a run have cost so far."""

from __future__ import annotations

from collections.abc import Iterable

from agent.harness.schema import StepKind
from costs.models import ModelBill, bill_of, total
from runs.journal.run import Step


def model_bill(steps: Iterable[Step]) -> ModelBill:
    """Return the bill of the model calls among steps, those of all attempts."""
    return total(bill_of(step.name, step.tokens) for step in steps if step.kind == StepKind.MODEL)
