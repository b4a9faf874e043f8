"""Values in DynamoDB's attribute format."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from agent.harness.journal.visible_text import visible


def encode(value: Any) -> dict[str, Any]:
    """Encode a value as DynamoDB expects it. boto3's own serializer refuses floats.

    People read the journal: hidden characters of a text become visible escapes.

    Raises:
        TypeError: The value is neither a text, a number, a boolean nor a mapping of those.
    """
    if isinstance(value, bool):
        return {"BOOL": value}
    if isinstance(value, str):
        return {"S": visible(value)}
    if isinstance(value, int | float):
        return {"N": repr(value)}
    if isinstance(value, Mapping):
        return {"M": {name: encode(member) for name, member in value.items()}}
    raise TypeError(f"The journal cannot hold a {type(value).__name__} ({value!r}): pass a text, a number or a mapping")


def text_of(item: Mapping[str, Any], name: str) -> str | None:
    """Return the text of a string or number attribute; None if the item has no such attribute."""
    return next(iter(item.get(name, {}).values()), None)
