"""A model without a provider: it plays the analyst, and its texts use only the results of the real tools.

`MODEL_FACTORY=local.scripted_model:create` selects it instead of Amazon Bedrock. The event loop, the tools and the
journal are the real ones. The model is deterministic.

It calls `list_functions`, `read_usage`, `find_savings`, `inspect_functions` for the functions with the largest savings,
and then `save_report` (`local/analyst_script/`). It finds its place in the conversation, so it can continue the
conversation of an earlier attempt. It repeats a call that was cancelled, and retries once a call that failed. An agent
without tools gets one sentence.

`SCRIPTED_MODEL_STEP_SECONDS` is the duration of each turn (0.2 by default). A longer one gives a test time to cause a
fault. A prompt can also ask for more time or for a fault:

- `wait <seconds>: <prompt>` makes the first turn last this long. A cancellation interrupts it.
- `fail: <message>` raises a RuntimeError with this message in the first turn.
- `fail after <n>: <message>` raises it when there are n tool results.
- `fail <m> times after <n>: <message>` raises it m times, then goes on.
- `hang: <seconds>` blocks the first turn for this time. A cancellation does not interrupt it.
- `lie: <sentence>` adds a sentence to the first summary. A summary with a wrong figure is refused; the second summary
  does not have the sentence.
- `silent` ends the conversation without a report when the savings are known.
"""

from __future__ import annotations

import asyncio
import json
import os
import threading
import time
from collections.abc import AsyncGenerator, AsyncIterable, Mapping, Sequence
from typing import Any

from strands.models import Model
from strands.types.content import Messages, SystemContentBlock
from strands.types.streaming import StreamEvent
from strands.types.tools import ToolChoice, ToolSpec

from local.analyst_script.turns import Conversation, next_turn

STEP_SECONDS_VARIABLE = "SCRIPTED_MODEL_STEP_SECONDS"
_DEFAULT_STEP_SECONDS = "0.2"
_MODEL_ID = "scripted"
_CHARACTERS_PER_TOKEN = 4
_FAILURE = r"fail(?: (?P<times>\d+) times)?(?: after (?P<results>\d+))?: (?P<message>.+)"
_ANSWER = "This is the answer of a scripted model, which stands in for the model of the stack."


def create(settings: object) -> ScriptedModel:  # noqa: ARG001  # factories are called with the settings
    """Build the model. The signature is that of every MODEL_FACTORY."""
    return ScriptedModel(step_seconds=float(os.environ.get(STEP_SECONDS_VARIABLE, _DEFAULT_STEP_SECONDS)))


class ScriptedModel(Model):
    """A model that follows a script.

    Args:
        step_seconds: Duration of each turn.
    """

    def __init__(self, *, step_seconds: float = 0.0) -> None:
        self._step_seconds = step_seconds
        self._failures = 0

    def update_config(self, **_: Any) -> None:
        """Do nothing: there is nothing to configure."""

    def get_config(self) -> dict[str, Any]:
        """Return the model id for journals and reports."""
        return {"model_id": _MODEL_ID}

    def structured_output(self, *_: Any, **__: Any) -> AsyncGenerator[dict[str, Any], None]:
        """Refuse: structured output is not part of the script.

        Raises:
            NotImplementedError: Always.
        """
        raise NotImplementedError("The scripted model has no structured output: use another model")

    async def stream(
        self,
        messages: Messages,
        tool_specs: list[ToolSpec] | None = None,
        system_prompt: str | None = None,
        *,
        tool_choice: ToolChoice | None = None,  # noqa: ARG002
        system_prompt_content: list[SystemContentBlock] | None = None,  # noqa: ARG002
        invocation_state: dict[str, Any] | None = None,  # noqa: ARG002
        cancel_signal: threading.Event | None = None,
        **_: Any,
    ) -> AsyncIterable[StreamEvent]:
        """Yield the events of one turn."""
        started_at = time.monotonic()
        conversation = Conversation(messages)
        self._misbehave(conversation)
        while (left := started_at + self._seconds_of_turn(conversation) - time.monotonic()) > 0:
            if cancel_signal is not None and cancel_signal.is_set():
                break
            await asyncio.sleep(min(left, 0.05))
        turn = next_turn(conversation) if tool_specs else {"text": _ANSWER}
        for event in _events(turn, f"call-{len(messages)}"):
            yield event
        sent = len(json.dumps(messages)) + len(json.dumps(tool_specs or [])) + len(system_prompt or "")
        usage = {"inputTokens": sent // _CHARACTERS_PER_TOKEN, "outputTokens": len(json.dumps(turn)) // 4}
        yield {
            "metadata": {
                "usage": {
                    "inputTokens": usage["inputTokens"],
                    "outputTokens": usage["outputTokens"],
                    "totalTokens": usage["inputTokens"] + usage["outputTokens"],
                },
                "metrics": {"latencyMs": round((time.monotonic() - started_at) * 1_000)},
            }
        }

    def _misbehave(self, conversation: Conversation) -> None:
        if failure := conversation.instruction(_FAILURE):
            goes_on = failure["times"] is None or self._failures < int(failure["times"])
            if goes_on and conversation.results >= int(failure["results"] or 0):
                self._failures += 1
                raise RuntimeError(failure["message"])
        elif (hanging := conversation.instruction(r"hang: (?P<seconds>[\d.]+)")) and not conversation.results:
            # Blocks the event loop, like a library of a provider that cannot be interrupted.
            time.sleep(float(hanging["seconds"]))

    def _seconds_of_turn(self, conversation: Conversation) -> float:
        waiting = conversation.instruction(r"wait (?P<seconds>\d+(\.\d+)?):")
        return float(waiting["seconds"]) if waiting and not conversation.results else self._step_seconds


def _events(turn: Mapping[str, Any], call_id: str) -> Sequence[StreamEvent]:
    """Return a turn as the events that a provider streams."""
    if "text" in turn:
        start: Any = {}
        delta: Any = {"text": turn["text"]}
        stop: Any = "end_turn"
    else:
        start = {"toolUse": {"name": turn["tool"], "toolUseId": call_id}}
        delta = {"toolUse": {"input": json.dumps(turn["input"])}}
        stop = "tool_use"
    return [
        {"messageStart": {"role": "assistant"}},
        {"contentBlockStart": {"start": start}},
        {"contentBlockDelta": {"delta": delta}},
        {"contentBlockStop": {}},
        {"messageStop": {"stopReason": stop}},
    ]
