"""One step of an attempt."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from agent.harness.schema import StepKind

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
        input_tokens: Tokens that a model call read.
        output_tokens: Tokens that a model call wrote.
        error: Message of the error; None if there was none.
    """

    kind: StepKind
    name: str
    status: Literal["success", "error"]
    seconds: float
    input_tokens: int = 0
    output_tokens: int = 0
    error: str | None = None

    def attributes(self) -> Mapping[str, Any]:
        """Return the attributes of the step's item, without its keys and times."""
        attributes = {
            "step": self.kind,
            "name": self.name,
            "status": self.status,
            "seconds": round(self.seconds, 3),
            "input_tokens": self.input_tokens,
            "output_tokens": self.output_tokens,
        }
        return attributes | ({"error_message": self.error[:MAX_MESSAGE_CHARACTERS]} if self.error else {})
