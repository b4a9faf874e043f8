"""Reads the tags of a stack's resources, and checks them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping

from components.settings import checks
from components.settings.model import REQUIRED_TAGS
from components.settings.problems import Finding
from components.settings.section import Section

# IAM and Resource Groups Tagging allow these in keys and values on every service used here.
_TEXT = re.compile(r"[\w +\-=.:/@]*")
_RESERVED = "aws:"
_LONGEST = {"key": 128, "value": 256}


def read_tags(section: Section, key: str) -> Mapping[str, str]:
    """Return the tags below a key. The section notes each problem, and at most one for each tag."""
    tags = section.section(key)
    spellings = Counter(name.lower() for name in tags.names())
    values = {}
    for name in sorted({*REQUIRED_TAGS, *tags.names()}):
        values[name] = tags.text(name)
        if not tags.is_valid(name):
            continue
        finding = _tag(name, values[name]) or (checks.e_mail(values[name]) if name == "owner" else None)
        if finding is None and spellings[name.lower()] > 1:
            finding = Finding(
                rule="IAM does not distinguish upper and lower case in tag keys", remedy="Keep one of them"
            )
        if finding:
            tags.note(name, finding)
    return values


def _tag(key: str, value: str) -> Finding | None:
    parts = {"key": key, "value": value}
    if wrong := [part for part, text in parts.items() if not _TEXT.fullmatch(text)]:
        return Finding(
            rule=f"the {' and the '.join(wrong)} of a tag may contain only letters, digits, spaces and + - = . : / _ @",
            remedy="Remove the other characters",
        )
    if wrong := [part for part, text in parts.items() if text.lower().startswith(_RESERVED)]:
        return Finding(
            rule=f"AWS reserves the prefix {_RESERVED} and refuses a tag whose {' and '.join(wrong)} begins with it",
            remedy="Remove the prefix",
        )
    if wrong := [part for part, text in parts.items() if len(text) > _LONGEST[part]]:
        limits = " and ".join(f"{_LONGEST[part]} characters in the {part}" for part in wrong)
        return Finding(rule=f"a tag may have {limits}", remedy="Shorten it")
    return None
