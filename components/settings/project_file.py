"""Generates the `config:` section of Pulumi.yaml, its last section, from the declarations of the settings."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from typing import Any

import yaml  # type: ignore[import-untyped]

from components import PROJECT
from components.settings.budgets import Budgets
from components.settings.model import Settings
from components.settings.setting import declared

PATH = PROJECT / "Pulumi.yaml"

_BEGIN = "config:\n"
_TYPES: Mapping[Any, Mapping[str, Any]] = {
    str: {"type": "string"},
    int: {"type": "integer"},
    bool: {"type": "boolean"},
    Sequence[str]: {"type": "array", "items": {"type": "string"}},
}


def config(settings: type = Settings) -> dict[str, Any]:
    """Return the declarations that Pulumi.yaml can hold, by key.

    Pulumi treats a declaration without a default as required, and it does not allow nested types. So optional settings,
    schedules and tags are not declared there.
    """
    entries: dict[str, Any] = {}
    for one in declared(settings):
        if one.hint is Budgets:
            entries |= config(Budgets)
        elif one.hint in _TYPES:
            default = list(one.default) if isinstance(one.default, tuple) else one.default
            entry = {**copy.deepcopy(_TYPES[one.hint]), "description": one.setting.description}
            entries[one.key] = entry if one.is_required else {**entry, "default": default}
    return entries


def with_config(text: str) -> str:
    """Return the text of a Pulumi.yaml with the generated section in place of the old one.

    Raises:
        ValueError: The text has no such section.
    """
    before, begin, _ = text.partition(f"\n{_BEGIN}")
    if not begin:
        raise ValueError(f"Pulumi.yaml has no section '{_BEGIN.strip()}': write it at the end")
    section = yaml.safe_dump({"config": config()}, sort_keys=False, allow_unicode=True, width=1_000)
    return f"{before}\n{section}"
