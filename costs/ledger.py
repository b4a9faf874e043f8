"""What a run has cost, from its item and its steps in the journal.

The journal does not contain everything that AWS bills. What is missing is assumed as in the README's table
(`costs/bill.py`): the peak of the memory, the share of the time in which the agent computes, and small counts. The cost
is therefore an estimate. Its largest parts, tokens and metrics, are counted.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from agent.harness.schema import SORT_KEY, Attribute, CostAttribute, StepAttribute
from agent.harness.tokens import Tokens
from costs import models, prices
from costs.bill import RunUse, bill_of_run

_TYPICAL = RunUse()
_COMPUTING_SHARE = _TYPICAL.computing_seconds / _TYPICAL.seconds
# The workflow's states: once in a run, for each attempt, and for each poll (wait, read, decide).
_TRANSITIONS, _TRANSITIONS_OF_ATTEMPT, _TRANSITIONS_OF_LOOK = 10, 4, 3
_SECONDS_OF_HEARTBEAT = 30
_MICRODOLLARS = Decimal("0.000001")


@dataclass(frozen=True, kw_only=True)
class RunCost:
    """The cost of a run in USD at list prices.

    Attributes:
        models: The tokens of each model whose price is known, by the model's id.
        runtime: AgentCore.
        rest: Everything else.
        unpriced_models: Models whose price is not known, in order. Their tokens come on top.
        tokens: The tokens of all models.
    """

    models: Mapping[str, Decimal]
    runtime: Decimal
    rest: Decimal
    unpriced_models: tuple[str, ...]
    tokens: Tokens

    @property
    def model(self) -> Decimal:
        """The tokens of all models."""
        return sum(self.models.values(), Decimal(0))

    @property
    def usd(self) -> Decimal:
        """The sum of what is known."""
        return self.model + self.runtime + self.rest

    def attributes(self) -> dict[str, Any]:
        """Return the cost as the run's item has it."""
        return {
            CostAttribute.TOTAL.value: self.usd,
            CostAttribute.MODEL.value: self.model,
            CostAttribute.RUNTIME.value: self.runtime,
            CostAttribute.REST.value: self.rest,
            CostAttribute.MODELS.value: dict(self.models),
            CostAttribute.UNPRICED_MODELS.value: list(self.unpriced_models),
            CostAttribute.TOKENS.value: self.tokens.counts(),
            CostAttribute.PRICES_AS_OF.value: prices.AS_OF,
        }


def cost_of(run: Mapping[str, Any], steps: Sequence[Mapping[str, Any]], *, looks: int) -> RunCost:
    """Return the cost of a run, with all its attempts.

    Args:
        run: The run's item with Python's values. The run has ended.
        steps: The items of its steps.
        looks: How often the workflow has polled the run.
    """
    bills = models.bills(steps)
    total = models.total(bills.values())
    lines = {line.what: line.usd for line in bill_of_run(use_of(run, steps, looks=looks))}
    runtime = lines.pop("AgentCore") or Decimal(0)
    return RunCost(
        models={name: bill.usd.quantize(_MICRODOLLARS) for name, bill in bills.items() if bill.usd},
        runtime=runtime.quantize(_MICRODOLLARS),
        rest=sum((usd for usd in lines.values() if usd is not None), Decimal(0)).quantize(_MICRODOLLARS),
        unpriced_models=total.unknown,
        tokens=total.tokens,
    )


def use_of(run: Mapping[str, Any], steps: Sequence[Mapping[str, Any]], *, looks: int) -> RunUse:
    """Return what a run has used, without its model."""
    attempts = int(run.get(Attribute.ATTEMPT, 1))
    seconds = _session_seconds(run, steps)
    has_begun = bool(steps)
    return RunUse(
        seconds=seconds,
        computing_seconds=seconds * _COMPUTING_SHARE,
        transitions=_TRANSITIONS + attempts * _TRANSITIONS_OF_ATTEMPT + looks * _TRANSITIONS_OF_LOOK,
        lambda_calls=2 * attempts,
        writes=len(steps) + int(seconds / _SECONDS_OF_HEARTBEAT) + 2 * attempts,
        reads=looks,
        objects_written=_TYPICAL.objects_written if has_begun else 0,
        objects_read=_TYPICAL.objects_read if has_begun else 0,
        metrics_asked=sum(int(step.get(StepAttribute.METRICS_ASKED, 0)) for step in steps),
        cost_queries=sum(int(step.get(StepAttribute.COST_QUERIES, 0)) for step in steps),
    )


def _session_seconds(run: Mapping[str, Any], steps: Sequence[Mapping[str, Any]]) -> Decimal:
    """Return the time of all sessions: from an attempt's first step to its last one, or to the end of the run.

    The end of a lost attempt's session is not known, so the session counts until the attempt's last step.
    """
    begun: dict[int, list[Decimal]] = defaultdict(list)
    for step in steps:
        attempt, end = int(str(step[SORT_KEY]).split("#")[1]), Decimal(str(step[StepAttribute.FINISHED_AT]))
        begun[attempt] += [end - Decimal(str(step[StepAttribute.SECONDS])), end]
    if begun:
        begun[max(begun)].append(Decimal(str(run[Attribute.FINISHED_AT])))
    return sum((max(moments) - min(moments) for moments in begun.values()), Decimal(0)).quantize(Decimal("0.001"))
