"""The README's table of settings, made from what the code says of them.

`python -m components.settings.table` prints it; with `--write` it goes into the README, between its two markers.
"""

from __future__ import annotations

import argparse
import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, get_args, get_origin, get_type_hints

from components.bundles.build import PROJECT
from components.settings import docstrings as docs
from components.settings.model import REQUIRED_TAGS, Budgets, ScheduleSettings, Settings, camel_case

README = PROJECT / "README.md"
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
    """The table, in Markdown: each setting with its kind, its default and its meaning."""
    rows = [("Setting", "Kind", "Default", "Meaning"), ("---", "---", "---", "---"), *_rows(Settings, prefix="")]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def with_table(text: str) -> str:
    """A text in which the table stands between the markers.

    Raises:
        ValueError: One of the markers is missing.
    """
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        raise ValueError(f"The text has no place for the table: write {BEGIN} and {END} where it shall stand")
    return f"{before}{BEGIN}\n{table()}\n{END}{after}"


def _rows(settings: type, *, prefix: str) -> Iterator[tuple[str, str, str, str]]:
    kinds, meanings = get_type_hints(settings), docs.attributes(settings)
    for field in dataclasses.fields(settings):
        kind = kinds[field.name]
        if kind is Budgets:
            # A stack's file has the budgets among the other settings.
            yield from _rows(Budgets, prefix=prefix)
            continue
        name = f"{prefix}{camel_case(field.name)}"
        yield f"`{name}`", _kind(kind), _default(field), meanings[field.name].replace("|", "\\|")
        if get_args(kind) == (ScheduleSettings,):
            yield from _rows(ScheduleSettings, prefix=f"{name}[].")


def _kind(hint: Any) -> str:
    options = [option for option in get_args(hint) if option is not type(None)]
    plain = options[0] if type(None) in get_args(hint) else hint
    return _KINDS[get_origin(plain) or plain]


def _default(field: dataclasses.Field[Any]) -> str:
    if field.name == "tags":
        return f"{_REQUIRED}: {', '.join(f'`{tag}`' for tag in REQUIRED_TAGS)}"
    if field.default is dataclasses.MISSING:
        return _REQUIRED
    if field.default in (None, ()):
        return ""
    return f"`{str(field.default).lower() if isinstance(field.default, bool) else field.default}`"


def main() -> None:
    """Print the table, or write it into the README."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true", help="write it into the README")
    if parser.parse_args().write:
        README.write_text(with_table(README.read_text()))
    else:
        print(table())


if __name__ == "__main__":
    main()
