"""What the scripted model says next, computed from the tool results in the conversation."""

from __future__ import annotations

import collections
import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from strands.types.content import Messages

_MOST_INSPECTED = 5
_MOST_TRIES = 2

# Texts of tool results that are errors of a special kind.
_REFUSED = "The narrative was not accepted"
_CANCELLED = "cancelled"

Answer = Mapping[str, Any]


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
    for tool in ("list_functions", "read_usage", "find_savings"):
        if conversation.answer(tool) is None:
            return {"tool": tool, "input": {}}
    if conversation.answer("save_report") is not None:
        return {"text": "The report is saved."}
    if conversation.instruction("silent"):
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
    lie = conversation.instruction(r"lie: (?P<sentence>.+)")
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
