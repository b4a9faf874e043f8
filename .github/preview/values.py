"""Property values as text: secrets and unknown values have a placeholder, and long values are cut with a note."""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Iterator
from typing import Any

# The engine's mark of a value that is not plain JSON, from `sdk/go/common/resource/properties.go` of Pulumi.
_SIGNATURE = "4dabf18193072939515e22adb298388d"
_SPECIAL = {
    "1b47061264138c4ac30d75fd1eb44270": "[secret]",
    "c44067f5952c0a294b673a41bacd8c17": "[file]",
    "0def7320c3a5731c473e5ecbe6d01bc7": "[archive]",
    "5cf8f73096256a8f31e491e813e4eb8e": "[resource]",
    "d0e6a833031e9bbcd3f4e8bde6ca49a4": "[output]",
}
_UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
_NAMES = re.compile(r'\["((?:[^"\\]|\\.)*)"\]|\[(\d+)\]|([^.\[\]]+)')
_MOST_CHARACTERS = 200
_MOST_LINES = 60


def at(value: Any, path: str) -> Any:
    """Return the value at a path such as `tags["a.b"]` or `rules[0].prefix`, or None when there is none."""
    for quoted, index, name in _NAMES.findall(path):
        if isinstance(value, dict) and _SIGNATURE in value:
            # The rest of the path is inside a secret.
            return value
        try:
            value = value[int(index)] if index else value[quoted or name]
        except (KeyError, IndexError, TypeError):
            return None
    return value


def one_line(value: Any) -> str:
    """Return a value as one line of JSON, cut with a note when it is long."""
    return _cut(json.dumps(plain(value), ensure_ascii=False))


def difference(path: str, before: Any, after: Any) -> Iterator[str]:
    """Yield the lines of a property's difference, each with its sign. A long document is compared line by line."""
    old, new = ([] if value is None else _document(value) for value in (before, after))
    if len(old) <= 1 and len(new) <= 1:
        yield from (f"- {path}: {_cut(line)}" for line in old)
        yield from (f"+ {path}: {_cut(line)}" for line in new)
        return
    lines = list(difflib.unified_diff(old, new, n=2, lineterm=""))[2:]
    yield f"  {path}:"
    for line in lines[:_MOST_LINES]:
        yield "  …" if line.startswith("@@") else f"{line[0]}   {_cut(line[1:])}"
    if len(lines) > _MOST_LINES:
        yield f"  … (cut: {len(lines) - _MOST_LINES:,} more lines)"


def plain(value: Any) -> Any:
    """Return a value without the engine's marks: `[secret]` for a secret, `[unknown]` for a later value."""
    if isinstance(value, dict):
        if _SIGNATURE in value:
            return _SPECIAL.get(value[_SIGNATURE], "[value]")
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [plain(item) for item in value]
    return "[unknown]" if value == _UNKNOWN else value


def _document(value: Any) -> list[str]:
    """Return a value as lines. A string that contains JSON, such as a policy, is indented."""
    value = plain(value)
    if isinstance(value, str) and value[:1] in ("{", "["):
        try:
            value = json.loads(value)
        except ValueError:
            return json.dumps(value, ensure_ascii=False).splitlines()
    if isinstance(value, str) and "\n" in value:
        return value.splitlines()
    if isinstance(value, dict | list) and len(json.dumps(value)) > _MOST_CHARACTERS:
        return json.dumps(value, ensure_ascii=False, indent=2).splitlines()
    return [json.dumps(value, ensure_ascii=False)]


def _cut(line: str) -> str:
    if len(line) <= _MOST_CHARACTERS:
        return line
    return f"{line[:_MOST_CHARACTERS]}… (cut: {len(line):,} characters)"
