"""A model that needs no provider: it plays the analyst's part from the tool results that it really receives.

`MODEL_FACTORY=local.scripted_model:create` puts it in Amazon Bedrock's place, so that the real event loop, the real
tools and the real journal run. It is deterministic, and different estates give different reports, because every figure
that it writes comes from a tool's answer.

Its plan: `list_functions`, `read_usage`, `find_savings`, `inspect_functions` on the functions that save most, then
`save_report`. It reads off the conversation how far it has come, so it goes on with a conversation that an earlier
attempt began; a call that was cancelled is made again, one that failed is made twice.

`SCRIPTED_MODEL_STEP_SECONDS` is how long each of its turns takes (0.2 by default), which makes a run last where a test
needs time to break something. A prompt may also ask it to misbehave:

- `fail: <message>` raises a RuntimeError with the message on the first turn.
- `fail after <n>: <message>` raises it once n tool results are there.
- `hang: <seconds>` blocks for so long on the first turn, deaf to cancellation, and then goes on.
- `lie: <sentence>` puts a sentence into its first summary; a figure in it that is not in the findings is refused, and
  the second summary does without it.
- `silent` ends the conversation without saving a report, once savings are known.
"""

from __future__ import annotations

import asyncio
import collections
import json
import os
import re
import threading
import time
from collections.abc import AsyncGenerator, AsyncIterable, Mapping, Sequence
from typing import Any, NoReturn

from strands.models import Model
from strands.types.content import Messages, SystemContentBlock
from strands.types.streaming import StreamEvent
from strands.types.tools import ToolChoice, ToolSpec

STEP_SECONDS_VARIABLE = "SCRIPTED_MODEL_STEP_SECONDS"
_DEFAULT_STEP_SECONDS = "0.2"
_MODEL_ID = "scripted"
_CHARACTERS_PER_TOKEN = 4
_MOST_INSPECTED = 5
_REFUSED = "The narrative was not accepted"
_CANCELLED = "cancelled"
_MOST_TRIES = 2

Answer = Mapping[str, Any]


def create(settings: object) -> ScriptedModel:  # noqa: ARG001  # a factory is called with the settings
    """Build the model, as MODEL_FACTORY's factories are called."""
    return ScriptedModel(step_seconds=float(os.environ.get(STEP_SECONDS_VARIABLE, _DEFAULT_STEP_SECONDS)))


class ScriptedModel(Model):
    """Plans from tool results.

    Args:
        step_seconds: How long each turn takes.
    """

    def __init__(self, *, step_seconds: float = 0.0) -> None:
        self._step_seconds = step_seconds

    def update_config(self, **_: Any) -> None:
        """Nothing can be configured."""

    def get_config(self) -> dict[str, Any]:
        """The name that journals and reports give as the model's."""
        return {"model_id": _MODEL_ID}

    def structured_output(self, *_: Any, **__: Any) -> AsyncGenerator[dict[str, Any], None]:
        """Not part of the script.

        Raises:
            NotImplementedError: Always.
        """
        raise NotImplementedError("The scripted model only plays the analyst's part")

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
        """One turn."""
        began = time.monotonic()
        conversation = Conversation(messages)
        _misbehave(conversation)
        while (left := began + self._step_seconds - time.monotonic()) > 0:
            if cancel_signal is not None and cancel_signal.is_set():
                break
            await asyncio.sleep(min(left, 0.05))
        turn = _next_turn(conversation)
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
                "metrics": {"latencyMs": round((time.monotonic() - began) * 1_000)},
            }
        }


class Conversation:
    """What has been said so far.

    Args:
        messages: In Strands' format.
    """

    def __init__(self, messages: Messages) -> None:
        self.prompt = next(
            (block["text"] for message in messages[:1] for block in message["content"] if "text" in block), ""
        )
        names: dict[str, str] = {}
        self._answers: dict[str, Answer] = {}
        self.refusals = 0
        self.failures: collections.Counter[str] = collections.Counter()
        self.results = 0
        for block in (block for message in messages for block in message["content"]):
            if "toolUse" in block:
                names[block["toolUse"]["toolUseId"]] = block["toolUse"]["name"]
            elif "toolResult" in block:
                result = block["toolResult"]
                self.results += 1
                text = "".join(part.get("text", "") for part in result["content"])
                if result["status"] == "success":
                    self._answers[names[result["toolUseId"]]] = json.loads(text)
                elif _REFUSED in text:
                    self.refusals += 1
                elif _CANCELLED not in text:
                    self.failures[names[result["toolUseId"]]] += 1

    def answer(self, tool: str) -> Answer | None:
        """What a tool has answered, the last time it succeeded."""
        return self._answers.get(tool)

    def asked(self, pattern: str) -> re.Match[str] | None:
        """The instruction to the script that the prompt begins with, if it is this one."""
        return re.match(pattern, self.prompt, re.DOTALL)


def _misbehave(conversation: Conversation) -> None:
    if failure := conversation.asked(r"fail(?: after (?P<results>\d+))?: (?P<message>.+)"):
        if conversation.results >= int(failure["results"] or 0):
            _fail(failure["message"])
    elif (hanging := conversation.asked(r"hang: (?P<seconds>[\d.]+)")) and not conversation.results:
        # Blocks the event loop, as a provider's library that cannot be interrupted would.
        time.sleep(float(hanging["seconds"]))


def _fail(message: str) -> NoReturn:
    raise RuntimeError(message)


def _next_turn(conversation: Conversation) -> dict[str, Any]:
    """What to say next: `{"text": ...}` or `{"tool": name, "input": {...}}`."""
    hopeless = [tool for tool, failures in conversation.failures.items() if failures >= _MOST_TRIES]
    if hopeless:
        return {"text": f"I cannot go on: {', '.join(hopeless)} keeps failing."}
    for tool in ("list_functions", "read_usage", "find_savings"):
        if conversation.answer(tool) is None:
            return {"tool": tool, "input": {}}
    if conversation.answer("save_report") is not None:
        return {"text": "The report is saved."}
    if conversation.asked("silent"):
        return {"text": "I have nothing to say."}
    savings = conversation.answer("find_savings")
    assert savings is not None
    names = _worth_a_look(savings)
    if names and conversation.answer("inspect_functions") is None:
        return {"tool": "inspect_functions", "input": {"names": names}}
    return {"tool": "save_report", "input": _report(conversation, savings)}


def _worth_a_look(savings: Answer) -> list[str]:
    names = [finding["function"] for finding in savings["opportunities"]]
    return list(dict.fromkeys(names))[:_MOST_INSPECTED]


def _report(conversation: Conversation, savings: Answer) -> dict[str, Any]:
    paragraphs = [_opening(savings), *_priorities(savings), *_uncertainties(savings)]
    lie = conversation.asked(r"lie: (?P<sentence>.+)")
    if lie and not conversation.refusals:
        paragraphs.append(lie["sentence"])
    inspected = conversation.answer("inspect_functions") or {"functions": []}
    remarks = {
        finding["id"]: _remark(function, finding)
        for function in inspected["functions"]
        for finding in function["findings"]
        if finding["id"] in {opportunity["id"] for opportunity in savings["opportunities"]}
    }
    return {"summary": "\n\n".join(paragraphs), "remarks": remarks}


def _opening(savings: Answer) -> str:
    if not savings["functions"]:
        return "There are no Lambda functions in the account, so there is nothing to save."
    spent = f"{_functions(savings['functions'])} {'costs' if savings['functions'] == 1 else 'cost'}"
    spent += f" {savings['monthly_cost']} a month at list prices."
    if not savings["opportunities"]:
        return f"{spent} No change would save a notable amount."
    return f"{spent} The changes below would save {savings['monthly_saving']} of it, {savings['saving_share']}."


def _priorities(savings: Answer) -> Sequence[str]:
    if not savings["opportunities"]:
        return []
    best = savings["opportunities"][0]
    sentences = [
        f"Begin with {best['function']}: {_uncapitalised(best['change'])} saves {best['monthly_saving']} a month, with "
        f"{best['confidence']} confidence and {best['risk']} risk."
    ]
    by_rule = savings["saving_by_rule"]
    if len(by_rule) > 1:
        sentences.append(
            f"The largest part of the saving is {by_rule[0]['issue'].lower()}, {by_rule[0]['monthly_saving']}, "
            f"followed by {by_rule[1]['issue'].lower()}, {by_rule[1]['monthly_saving']}."
        )
    careful = [finding["function"] for finding in savings["opportunities"] if finding["risk"] != "low"]
    if careful:
        names = ", ".join(dict.fromkeys(careful[:3]))
        sentences.append(f"Talk to the owners first where a change can do harm, as on {names}.")
    return [" ".join(sentences)]


def _uncertainties(savings: Answer) -> Sequence[str]:
    sentences = []
    if savings["advice"]:
        sentences.append(
            f"{_functions(len({advice['function'] for advice in savings['advice']}))} also need attention for reasons "
            f"other than money; the first is {savings['advice'][0]['function']}."
        )
    if savings["gaps"]:
        sources = ", ".join(dict.fromkeys(gap["source"] for gap in savings["gaps"]))
        sentences.append(f"Not everything could be read ({sources}), so that there may be more to find.")
    return [" ".join(sentences)] if sentences else []


def _remark(function: Answer, finding: Answer) -> str:
    others = len(function["findings"]) - 1
    remark = f"{function['function']} costs {function['monthly_cost']} a month. {finding['risk_reason']}"
    return f"{remark} Do it together with the other changes to this function." if others else remark


def _uncapitalised(sentence: str) -> str:
    return sentence[:1].lower() + sentence[1:]


def _functions(number: int) -> str:
    return f"{number:,} function" + ("" if number == 1 else "s")


def _events(turn: Mapping[str, Any], call_id: str) -> Sequence[StreamEvent]:
    """A turn in the events that a provider streams."""
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
