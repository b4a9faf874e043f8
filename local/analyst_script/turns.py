"""What the scripted model says next, computed from the tool results in the conversation."""

from __future__ import annotations

import collections
import json
import re
from typing import Any

from strands.types.content import Messages

from local.analyst_script import words
from local.analyst_script.words import Answer, Wish, function_of

_MOST_INSPECTED = 5
_MOST_TRIES = 2
_LISTING = ("list_functions", "read_usage", "find_savings")

# Texts of tool results that are errors of a special kind.
_REFUSED = "The narrative was not accepted"
_CANCELLED = "cancelled"


class Conversation:
    """The conversation so far.

    Args:
        messages: Messages in Strands' format.

    Attributes:
        prompt: The first text.
        refusals: Reports that were refused.
        failures: Failed calls by tool, without cancelled calls and refused reports.
        results: Number of tool results.
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
        """Return the last successful result of a tool, or None."""
        return self._answers.get(tool)

    def instruction(self, pattern: str) -> re.Match[str] | None:
        """Match a pattern at the start of the prompt."""
        return re.match(pattern, self.prompt, re.DOTALL)


def next_turn(conversation: Conversation) -> dict[str, Any]:
    """Return the next turn: `{"text": ...}` or `{"tool": name, "input": {...}}`."""
    hopeless = [tool for tool, failures in conversation.failures.items() if failures >= _MOST_TRIES]
    if hopeless:
        return {"text": f"I cannot go on: {', '.join(hopeless)} failed twice."}
    for tool in _LISTING:
        if conversation.answer(tool) is None:
            return {"tool": tool, "input": {}}
    if conversation.answer("save_report") is not None:
        return {"text": "The report is saved."}
    if conversation.instruction("silent"):
        return {"text": "I have nothing to say."}
    savings = conversation.answer("find_savings")
    assert savings is not None
    wish = Wish.of(conversation.prompt, [conversation.answer(tool) or {} for tool in _LISTING])
    names = list(dict.fromkeys([*wish.functions, *map(function_of, wish.changes)]))[:_MOST_INSPECTED]
    inspected = conversation.answer("inspect_functions")
    if names and inspected is None:
        return {"tool": "inspect_functions", "input": {"names": names}}
    lie = None if conversation.refusals else conversation.instruction(r"lie: (?P<sentence>.+)")
    summary = "\n\n".join([*words.paragraphs(savings, wish), *([lie["sentence"]] if lie else [])])
    return {
        "tool": "save_report",
        "input": {"summary": summary, "remarks": words.remarks(inspected or {}, wish)},
    }
