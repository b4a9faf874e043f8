"""Generates the table of settings in docs/settings.md and the `config:` section of Pulumi.yaml from the declarations.

`python -m components.settings.table` prints the table; with `--write` both files are updated.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, get_args, get_origin

from components import PROJECT
from components.settings import project_file
from components.settings.budgets import Budgets
from components.settings.model import REQUIRED_TAGS, Settings
from components.settings.schedules import ScheduleSettings
from components.settings.setting import Declared, declared

PAGE = PROJECT / "docs" / "settings.md"
BEGIN, END = "<!-- settings:begin -->", "<!-- settings:end -->"

_KINDS: Mapping[Any, str] = {
    str: "text",
    int: "whole number",
    float: "number",
    bool: "true or false",
    Sequence: "list",
    Mapping: "mapping",
}
_REQUIRED = "*required*"


def table() -> str:
    """Return the table in Markdown: each setting with its type, its default and its meaning."""
    rows = [("Setting", "Type", "Default", "Meaning"), ("---", "---", "---", "---"), *_rows(Settings, prefix="")]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def with_table(text: str) -> str:
    """Return a text with the table between the markers.

    Raises:
        ValueError: One of the markers is missing.
    """
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        raise ValueError(f"The text has no place for the table: write {BEGIN} and {END} around it")
    return f"{before}{BEGIN}\n{table()}\n{END}{after}"


def _rows(settings: type, *, prefix: str) -> Iterator[tuple[str, str, str, str]]:
    for one in declared(settings):
        if one.hint is Budgets:
            # A stack's file has the budgets among the other settings.
            yield from _rows(Budgets, prefix=prefix)
            continue
        name = f"{prefix}{one.key}"
        yield f"`{name}`", _kind(one.hint), _default(one), one.setting.description.replace("|", "\\|")
        if get_args(one.hint) == (ScheduleSettings,):
            yield from _rows(ScheduleSettings, prefix=f"{name}[].")


def _kind(hint: Any) -> str:
    options = [option for option in get_args(hint) if option is not type(None)]
    plain = options[0] if type(None) in get_args(hint) else hint
    return _KINDS[get_origin(plain) or plain]


def _default(one: Declared) -> str:
    if one.field.name == "tags":
        return f"{_REQUIRED}: {', '.join(f'`{tag}`' for tag in REQUIRED_TAGS)}"
    if one.is_required:
        return _REQUIRED
    if one.default in (None, ()):
        return ""
    return f"`{str(one.default).lower() if isinstance(one.default, bool) else one.default}`"


def main() -> None:
    """Print the table, or write what is generated from the settings."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true", help="update docs/settings.md and Pulumi.yaml")
    if parser.parse_args().write:
        PAGE.write_text(with_table(PAGE.read_text()))
        project_file.PATH.write_text(project_file.with_config(project_file.PATH.read_text()))
    else:
        print(table())


if __name__ == "__main__":
    main()
