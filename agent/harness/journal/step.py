"""One step of an attempt."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from agent.harness.journal.visible_text import visible
from agent.harness.schema import StepAttribute, StepKind
from agent.harness.tokens import Tokens

# Longest text in the journal; the whole trace is in the logs.
MAX_MESSAGE_CHARACTERS = 2_000


@dataclass(frozen=True, kw_only=True)
class Step:
    """One call that an attempt made, or its start.

    Attributes:
        kind: What the step is.
        name: Name of the tool, id of the model, or where the attempt starts from.
        status: Whether the call succeeded.
        seconds: Duration of the call.
        tokens: Tokens of a model call.
        metrics_asked: Metrics that a tool has asked CloudWatch for.
        cost_queries: Requests that a tool has made to Cost Explorer.
        error: Message of the error; None if there was none.
    """

    kind: StepKind
    name: str
    status: Literal["success", "error"]
    seconds: float
    tokens: Tokens = field(default_factory=Tokens)
    metrics_asked: int = 0
    cost_queries: int = 0
    error: str | None = None

    def attributes(self) -> Mapping[str, Any]:
        """Return the attributes of the step's item, without its keys and times."""
        attributes: dict[str, Any] = {
            StepAttribute.KIND: self.kind,
            StepAttribute.NAME: visible(self.name, meant=""),
            StepAttribute.STATUS: self.status,
            StepAttribute.SECONDS: round(self.seconds, 3),
            **self.tokens.counts(),
        }
        if self.metrics_asked:
            attributes[StepAttribute.METRICS_ASKED] = self.metrics_asked
        if self.cost_queries:
            attributes[StepAttribute.COST_QUERIES] = self.cost_queries
        if self.error:
            attributes[StepAttribute.ERROR_MESSAGE] = self.error[:MAX_MESSAGE_CHARACTERS]
        return attributes
