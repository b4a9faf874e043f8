"""The conversation of a run: what is kept of a long one, and how it is saved.

Each attempt has its own, which starts as a copy of an earlier attempt's.

The journal does not fence conversations, so two attempts must not write to the same one. A zombie writes to its own,
which nobody reads any more.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

from botocore.config import Config
from strands.agent.conversation_manager import SlidingWindowConversationManager
from strands.session import S3SessionManager

from agent.harness.schema import CONVERSATIONS_PREFIX, RESTARTED_CONVERSATION, conversation_folder

if TYPE_CHECKING:
    import boto3
    from mypy_boto3_s3 import S3Client
    from strands import Agent
    from strands.types.content import Message, Messages

# Strands writes this object for every conversation. It is copied last, so it marks a complete copy.
_MARKER = "session.json"
# A conversation that is lost because of throttling costs all its tokens again.
_RETRY_CONFIG = Config(retries={"mode": "standard", "total_max_attempts": 8})


class Conversation:
    """The saved conversation of one attempt.

    Args:
        session: Creates the clients.
        bucket: Name of the bucket.
        session_id: The run's id.
        attempt: The attempt that the conversation belongs to.
    """

    def __init__(self, session: boto3.Session, bucket: str, *, session_id: str, attempt: int) -> None:
        self._session = session
        self._bucket = bucket
        self._session_id = session_id
        self._attempt = attempt

    @functools.cached_property
    def _s3(self) -> S3Client:
        """The client that reads earlier conversations. A first attempt has none, and makes no client."""
        return self._session.client("s3", config=_RETRY_CONFIG)

    def continued(self) -> S3SessionManager:
        """Continue the latest complete conversation of an earlier attempt; begin a new one if there is none."""
        earlier = (
            name
            for attempt in reversed(range(1, self._attempt))
            for name in (self._name(attempt) + RESTARTED_CONVERSATION, self._name(attempt))
        )
        own = self._name(self._attempt)
        if (source := next(filter(self._is_complete, earlier), None)) is not None:
            self._copy(source, own)
        return self._manager(own)

    def restarted(self) -> S3SessionManager:
        """Begin a new conversation next to the unreadable one."""
        return self._manager(self._name(self._attempt) + RESTARTED_CONVERSATION)

    def _manager(self, name: str) -> S3SessionManager:
        return S3SessionManager(
            session_id=name,
            bucket=self._bucket,
            prefix=CONVERSATIONS_PREFIX,
            boto_session=self._session,
            boto_client_config=_RETRY_CONFIG,
        )

    def _copy(self, source: str, target: str) -> None:
        for key in sorted(self._keys(source), key=lambda key: key.endswith(f"/{_MARKER}")):
            self._s3.copy_object(
                Bucket=self._bucket,
                Key=conversation_folder(target) + key.removeprefix(conversation_folder(source)),
                CopySource={"Bucket": self._bucket, "Key": key},
            )

    def _is_complete(self, name: str) -> bool:
        return f"{conversation_folder(name)}{_MARKER}" in self._keys(name)

    def _keys(self, name: str) -> list[str]:
        pages = self._s3.get_paginator("list_objects_v2").paginate(
            Bucket=self._bucket, Prefix=conversation_folder(name)
        )
        return [entry["Key"] for page in pages for entry in page.get("Contents", [])]

    def _name(self, attempt: int) -> str:
        return f"{self._session_id}-{attempt}"


class PromptWindow(SlidingWindowConversationManager):
    """Shortens a conversation that is too long, but keeps its first message, which has the prompt.

    Without it the agent would lose its task, and models refuse a conversation that begins with a call of a tool.
    Strands restores a conversation without its oldest messages. Therefore the prompt counts as one of those, and
    comes back from this manager's own state.
    """

    def __init__(self) -> None:
        super().__init__(pin_first=1)
        self._prompt: Message | None = None

    def reduce_context(self, agent: Agent, e: Exception | None = None, **kwargs: Any) -> None:
        """Shorten tool results, or else remove the oldest messages after the first one.

        Raises:
            ContextWindowOverflowException: Nothing is left to remove, and the conversation is still too long.
        """
        super().reduce_context(agent, e=e, **kwargs)
        # Models refuse two messages of the user in a row. Strands cuts before a later prompt if there is one.
        if agent.messages[1:2] and agent.messages[1]["role"] == "user":
            del agent.messages[1]
            self.removed_message_count += 1
        if self.removed_message_count and self._prompt is None:
            self._prompt = agent.messages[0]
            self.removed_message_count += 1

    def get_state(self) -> dict[str, Any]:
        """Return the state to save."""
        return {**super().get_state(), "prompt": self._prompt}

    def restore_from_session(self, state: dict[str, Any]) -> Messages | None:
        """Restore the state, and return the messages that precede the saved ones.

        Raises:
            ValueError: Another manager saved the state.
        """
        super().restore_from_session(state)
        self._prompt = state["prompt"]
        return None if self._prompt is None else [self._prompt]
