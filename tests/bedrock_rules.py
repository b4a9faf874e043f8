"""What Amazon Bedrock refuses in a request to ConverseStream. The messages are Bedrock's."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

# Models that accept no sampling parameters: Claude Opus from 4.7 on.
_WITHOUT_SAMPLING = re.compile(r"anthropic\.claude-opus-(4-([7-9]|\d\d)(?!\d)|[5-9])")


class RefusedError(Exception):
    """Bedrock refuses the request.

    Attributes:
        code: The error's code.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def check(request: Mapping[str, Any], *, longest_input: int) -> None:
    """Raise `RefusedError` for a request that Bedrock would refuse.

    Args:
        request: The body, with `modelId`.
        longest_input: Number of characters of the messages above which the input is too long.
    """
    for parameter in {"temperature", "topP"} & set(request.get("inferenceConfig", {})):
        if _WITHOUT_SAMPLING.search(request["modelId"]):
            _refuse(f"The model returned the following errors: `{parameter}` is deprecated for this model.")
    messages: Sequence[Any] = request["messages"]
    if len(json.dumps(messages)) > longest_input:
        _refuse("The model returned the following errors: Input is too long for requested model.")
    if not messages or messages[0]["role"] != "user":
        _refuse(
            "A conversation must start with a user message. "
            "Try again with a conversation that starts with a user message."
        )
    calls: list[str] = []
    for number, message in enumerate(messages):
        if number and message["role"] == messages[number - 1]["role"]:
            _refuse("A conversation must alternate between user and assistant roles.")
        results = _ids(message, "toolResult")
        if len(results) > len(calls):
            _refuse(
                f"The number of toolResult blocks at messages.{number}.content exceeds the number of toolUse blocks "
                "of previous turn."
            )
        if missing := set(calls) - set(results):
            _refuse(
                f"Expected toolResult blocks at messages.{number}.content for the following Ids: {', '.join(missing)}"
            )
        calls = _ids(message, "toolUse")


def _ids(message: Mapping[str, Any], kind: str) -> list[str]:
    return [block[kind]["toolUseId"] for block in message["content"] if kind in block]


def _refuse(message: str) -> None:
    raise RefusedError("ValidationException", message)
