"""A model that notes when it is called for the first time, and answers at once."""

from __future__ import annotations

import os
import time
from collections.abc import AsyncGenerator, AsyncIterable
from pathlib import Path
from typing import Any

from strands.models.model import Model
from strands.types.streaming import StreamEvent

# The file that gets the time, in epoch seconds.
FILE_VARIABLE = "FIRST_CALL_FILE"


class FirstCallModel(Model):
    """The model."""

    def update_config(self, **model_config: Any) -> None:
        """Do nothing: the model has no configuration."""

    def get_config(self) -> Any:
        """Return no configuration."""
        return {}

    def structured_output(self, *_: Any, **__: Any) -> AsyncGenerator[dict[str, Any], None]:
        """Refuse: nobody asks for structured output.

        Raises:
            NotImplementedError: Always.
        """
        raise NotImplementedError

    async def stream(self, *_: Any, **__: Any) -> AsyncIterable[StreamEvent]:
        """Note the time, and yield an answer."""
        _note(Path(os.environ[FILE_VARIABLE]), time.time())
        yield {"messageStart": {"role": "assistant"}}
        yield {"contentBlockStart": {"start": {}}}
        yield {"contentBlockDelta": {"delta": {"text": "Done."}}}
        yield {"contentBlockStop": {}}
        yield {"messageStop": {"stopReason": "end_turn"}}


def _note(file: Path, now: float) -> None:
    if not file.exists():
        file.write_text(str(now))


def create(*_: Any) -> FirstCallModel:
    """Return the model, as `modelFactory` does."""
    return FirstCallModel()
