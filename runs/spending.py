"""What the runs of a period have cost together, by outcome and by model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from runs.journal.run import Run

_NOTHING = Decimal(0)


@dataclass(kw_only=True)
class Spending:
    """The cost of runs in USD at list prices, an estimate. Runs are added one by one.

    Attributes:
        model: The models.
        runtime: AgentCore.
        rest: Everything else.
        by_status: The cost of the runs with each status.
        unknown_runs: How many runs have ended without a known cost.
    """

    model: Decimal = _NOTHING
    runtime: Decimal = _NOTHING
    rest: Decimal = _NOTHING
    by_status: dict[str, Decimal] = field(default_factory=dict)
    unknown_runs: int = 0
    _by_model: dict[str, Decimal] = field(default_factory=dict)
    _unpriced: set[str] = field(default_factory=set)

    def add(self, run: Run) -> None:
        """Add the cost of a run."""
        if run.cost is None:
            self.unknown_runs += run.has_ended
            return
        self.model += run.cost.model
        self.runtime += run.cost.runtime
        self.rest += run.cost.rest
        self.by_status[run.status] = self.by_status.get(run.status, _NOTHING) + run.cost.usd
        for model, usd in run.cost.models.items():
            self._by_model[model] = self._by_model.get(model, _NOTHING) + usd
        self._unpriced.update(run.cost.unpriced_models)

    @property
    def usd(self) -> Decimal:
        """The sum of what is known."""
        return sum(self.by_status.values(), _NOTHING)

    @property
    def by_model(self) -> dict[str, Decimal]:
        """The cost of each model, the most expensive first."""
        return dict(sorted(self._by_model.items(), key=lambda one: (-one[1], one[0])))

    @property
    def unpriced_models(self) -> Sequence[str]:
        """Models whose price is not known: their tokens come on top."""
        return sorted(self._unpriced)
