"""One line of a log: from CloudWatch Logs, or an event of the workflow's execution."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

WORKFLOW = "workflow"
_TEXT_MEMBERS = ("message", "body", "event", "msg")
_LEVEL_MEMBERS = ("level", "severityText")


@dataclass(frozen=True, kw_only=True)
class LogLine:
    """One line of a log. Its text comes from foreign programs: show it with `visible`.

    Attributes:
        identity: What distinguishes it from all others.
        at: When it was written.
        source: `agent`, `start`, `stop` or `workflow`.
        level: Its level, such as ERROR; None if it has none.
        text: The message.
    """

    identity: str
    at: datetime
    source: str
    level: str | None
    text: str


def event_text(event: Mapping[str, Any]) -> str | None:
    """Return what an event of an execution says; None for the ones between entering two states."""
    if "stateEnteredEventDetails" in event:
        return str(event["stateEnteredEventDetails"]["name"])
    kind = str(event["type"])
    if kind.startswith("Execution") or kind.endswith(("Failed", "TimedOut")):
        details: Mapping[str, Any] = next(
            (value for name, value in event.items() if name.endswith("EventDetails") and isinstance(value, dict)), {}
        )
        return ": ".join([kind, *(str(details[name]) for name in ("error", "cause") if details.get(name))])
    return None


def line_of(source: str, event: Mapping[str, Any]) -> LogLine:
    """Return the line of an event that FilterLogEvents returns."""
    level, text = _message(event["message"])
    return LogLine(
        identity=f"{source}-{event['eventId']}",
        at=datetime.fromtimestamp(event["timestamp"] / 1000, UTC),
        source=source,
        level=level,
        text=text,
    )


def _message(message: str) -> tuple[str | None, str]:
    """Return level and text of a line: those of a JSON object, or the line as it is."""
    try:
        found = json.loads(message)
    except ValueError:
        return None, message.rstrip()
    if not isinstance(found, dict):
        return None, message.rstrip()
    level = next((str(found[name]) for name in _LEVEL_MEMBERS if found.get(name)), None)
    text = next((str(found[name]) for name in _TEXT_MEMBERS if isinstance(found.get(name), str)), message)
    error = found.get("errorMessage") or found.get("error")
    return level, f"{text}: {error}" if isinstance(error, str) and error not in text else text
