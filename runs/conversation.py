"""Reads the conversation that a run's agent has saved: what the model was asked, what it called and what it said.

The harness saves one for each attempt in the report bucket, in the form of Strands: one object for each message.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from agent.harness.schema import RESTARTED_CONVERSATION, conversation_folder
from runs.journal.run import Run
from runs.place.place import Place

_MESSAGE = re.compile(r"messages/message_(\d+)\.json$")
_SHOWN_MESSAGES = 200
_SHOWN_CHARACTERS = 10_000
_LARGEST_MESSAGE = 2**20
_KEPT_MESSAGES = 2_000
_REQUESTS = 8


@dataclass(frozen=True, kw_only=True)
class Part:
    """A part of a message. Its text comes from the model, or from what a tool has read.

    Attributes:
        kind: `text`, `call` of a tool, `result` of one, or `other`.
        name: The tool that is called, the status of a result, or what else it is.
        text: The text, or JSON.
    """

    kind: str
    name: str
    text: str


@dataclass(frozen=True, kw_only=True)
class Message:
    """A message.

    Attributes:
        number: Its number in the conversation, from 0.
        role: `user` or `assistant`. Results of tools are messages of the user.
        at: When it was saved; None if that is not known.
        parts: Its parts.
    """

    number: int
    role: str
    at: datetime | None
    parts: Sequence[Part]


@dataclass(frozen=True, kw_only=True)
class Conversation:
    """A conversation.

    Attributes:
        attempt: The attempt that it belongs to.
        messages: The newest messages, the oldest first.
        earlier: How many there are before them.
    """

    attempt: int = 0
    messages: Sequence[Message] = ()
    earlier: int = 0


class Conversations:
    """The conversations of one agent's runs. A message that was read is not read again.

    Args:
        place: The agent's place.
    """

    def __init__(self, place: Place) -> None:
        self._place = place
        self._bucket = str(place.outputs["report_bucket_name"])
        self._kept: dict[tuple[str, str], Message] = {}

    def read(self, run: Run) -> Conversation:
        """Return the conversation of the latest attempt that has one; an empty one if there is none."""
        for attempt in range(run.attempt, 0, -1):
            # An attempt has restarted its conversation if it could not read the first one.
            for suffix in (RESTARTED_CONVERSATION, ""):
                saved = sorted(self._saved(conversation_folder(f"{run.session_id}-{attempt}{suffix}")))
                if saved:
                    newest = saved[-_SHOWN_MESSAGES:]
                    with ThreadPoolExecutor(_REQUESTS) as pool:
                        messages = list(pool.map(self._message, newest))
                    return Conversation(attempt=attempt, messages=messages, earlier=len(saved) - len(newest))
        return Conversation()

    def _saved(self, folder: str) -> Iterator[tuple[int, str, str, int]]:
        """Yield number, key, entity tag and size of the messages in a folder."""
        pages = self._s3.get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Prefix=folder)
        for one in (one for page in pages for one in page.get("Contents", ())):
            if found := _MESSAGE.search(one["Key"]):
                yield int(found[1]), one["Key"], one["ETag"], one["Size"]

    def _message(self, saved: tuple[int, str, str, int]) -> Message:
        number, key, tag, size = saved
        message = self._kept.get((key, tag))
        if message is None:
            if size > _LARGEST_MESSAGE:
                return _unreadable(number, f"It has {size:,} bytes: read s3://{self._bucket}/{key}")
            message = _parsed(number, self._s3.get_object(Bucket=self._bucket, Key=key)["Body"].read())
            if len(self._kept) >= _KEPT_MESSAGES:
                self._kept.clear()
            self._kept[key, tag] = message
        return message

    @property
    def _s3(self) -> Any:
        return self._place.client("s3")


def _parsed(number: int, body: bytes) -> Message:
    try:
        saved = json.loads(body)
        # What a guardrail has redacted is not shown.
        message = saved.get("redact_message") or saved["message"]
        parts = [_part(content) for content in message["content"]]
        at = datetime.fromisoformat(saved["created_at"]) if "created_at" in saved else None
        return Message(number=number, role=str(message["role"]), at=at, parts=parts)
    except (ValueError, KeyError, TypeError, AttributeError):
        return _unreadable(number, "It is not a message of Strands")


def _unreadable(number: int, why: str) -> Message:
    return Message(number=number, role="", at=None, parts=[Part(kind="other", name="not shown", text=why)])


def _part(content: Mapping[str, Any]) -> Part:
    if "text" in content:
        return Part(kind="text", name="", text=_cut(str(content["text"])))
    if "toolUse" in content:
        return Part(kind="call", name=str(content["toolUse"]["name"]), text=_cut(_json(content["toolUse"]["input"])))
    if "toolResult" in content:
        result = content["toolResult"]
        texts = [str(one["text"]) if "text" in one else _json(one) for one in result["content"]]
        return Part(kind="result", name=str(result.get("status", "")), text=_cut("\n".join(texts)))
    return Part(kind="other", name=", ".join(map(str, content)), text="")


def _json(value: Any) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False)


def _cut(text: str) -> str:
    left = len(text) - _SHOWN_CHARACTERS
    return text if left <= 0 else f"{text[:_SHOWN_CHARACTERS]}\n… {left:,} more characters"
