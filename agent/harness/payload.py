"""The start payload, which the workflow sends to the start function, and the function to the agent."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

# Lengths of session ids that AgentCore accepts (API reference, InvokeAgentRuntime).
SHORTEST_SESSION_ID = 33
LONGEST_SESSION_ID = 256
# A session id is part of keys, prefixes and file names. The workflow uses the pattern too, in JSONata.
SESSION_ID_PATTERN = f"[A-Za-z0-9][A-Za-z0-9_-]{{{SHORTEST_SESSION_ID - 1},{LONGEST_SESSION_ID - 1}}}"
SESSION_ID_RULE = f"a string of {SHORTEST_SESSION_ID} to {LONGEST_SESSION_ID} letters, digits, hyphens and underscores"
# The keys of steps have three digits for the attempt (schema.py).
_LAST_ATTEMPT = 999
# The end of the year 9999. Python and DynamoDB cannot compute with every number that JSON allows.
_LATEST_TIME = 253_402_300_799


class InvalidPayloadError(ValueError):
    """The payload cannot start or stop a session. The message contains what to send."""


@dataclass(frozen=True, kw_only=True)
class StartPayload:
    """A request to start one attempt.

    Attributes:
        session_id: The run's key and the AgentCore session; it matches `SESSION_ID_PATTERN`.
        attempt: The fencing token, from 1.
        prompt: The request to the agent.
        deadline_at: Epoch seconds at which the workflow gives up the run.
    """

    session_id: str
    attempt: int
    prompt: str
    deadline_at: float

    @classmethod
    def parse(cls, payload: Any) -> StartPayload:
        """Check a payload that was decoded from JSON.

        Raises:
            InvalidPayloadError: The payload is invalid; the message contains what to send.
        """
        session_id = parse_session_id(payload)
        match payload:
            case {"attempt": attempt, "prompt": str(prompt), "deadline_at": deadline_at} if (
                # JSON may contain a whole number with a fraction, such as 2.0.
                _is_number(attempt, _LAST_ATTEMPT)
                and attempt >= 1
                and attempt == int(attempt)
                and _is_number(deadline_at, _LATEST_TIME)
            ):
                if not prompt.strip():
                    raise InvalidPayloadError("The prompt is blank: send a text")
                return cls(session_id=session_id, attempt=int(attempt), prompt=prompt, deadline_at=float(deadline_at))
        raise InvalidPayloadError(
            "Send attempt (a whole number from 1), prompt (a text) and deadline_at (epoch seconds) with the session_id"
        )

    def as_json(self) -> Mapping[str, Any]:
        """Return the payload as plain data."""
        return asdict(self)


def parse_session_id(payload: Any) -> str:
    """Return the session id of a payload.

    Raises:
        InvalidPayloadError: The payload is not a JSON object, or its id does not match `SESSION_ID_PATTERN`.
    """
    if not isinstance(payload, Mapping):
        raise InvalidPayloadError(f"The payload is a {type(payload).__name__}: send a JSON object")
    match payload:
        case {"session_id": str(session_id)} if is_session_id(session_id):
            return session_id
    raise InvalidPayloadError(f"Send session_id, {SESSION_ID_RULE}, such as an event's id")


def is_session_id(text: str) -> bool:
    """Return whether a text can be the id of a session."""
    return re.fullmatch(SESSION_ID_PATTERN, text) is not None


def _is_number(value: Any, maximum: int) -> bool:
    """Return whether a value is a number from 0 to a maximum. NaN is not: it compares as false."""
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= maximum
