"""Gives the log events that MiniStack finds the ids that AWS always sends."""

import hashlib
import json
from collections import Counter
from collections.abc import Callable
from typing import Any


def with_ids(find: Callable[..., Any]) -> Callable[..., Any]:
    """Return a FilterLogEvents whose events have ids. Two equal events of a stream have two ids."""

    def found(data: dict[str, Any]) -> Any:
        status, headers, body = find(data)
        answer = json.loads(body)
        same: Counter[str] = Counter()
        for event in answer.get("events", ()):
            text = json.dumps(event, sort_keys=True)
            same[text] += 1
            # 56 digits, as on AWS.
            event["eventId"] = str(int(hashlib.sha256(f"{same[text]}{text}".encode()).hexdigest(), 16))[:56]
        return status, headers, json.dumps(answer).encode()

    return found
