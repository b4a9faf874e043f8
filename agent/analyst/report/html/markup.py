"""Builds HTML. Every string is escaped, except `Markup`."""

from __future__ import annotations

import html
from collections.abc import Iterable

_VOID = frozenset({"meta", "rect", "br"})


class Markup(str):
    """A piece of HTML, which is not escaped again."""

    __slots__ = ()


def tag(name: str, /, *content: Markup | str | Iterable[Markup | str] | None, **attributes: object) -> Markup:
    """Build an element.

    Args:
        name: The element's name.
        content: Markup, text, or iterables of them; None is left out.
        attributes: The element's attributes. Underscores become hyphens; a trailing one is dropped (`class_`,
            `aria_hidden`). None is left out; True is written without a value.
    """
    written = "".join(
        f" {_attribute(key)}" if value is True else f' {_attribute(key)}="{html.escape(str(value))}"'
        for key, value in attributes.items()
        if value is not None
    )
    if name in _VOID:
        return Markup(f"<{name}{written}>" if name != "rect" else f"<{name}{written}/>")
    return Markup(f"<{name}{written}>{fragment(*content)}</{name}>")


def fragment(*content: Markup | str | Iterable[Markup | str] | None) -> Markup:
    """Join pieces without an element around them."""
    return Markup("".join(_pieces(content)))


def _pieces(content: Iterable[Markup | str | Iterable[Markup | str] | None]) -> Iterable[str]:
    for piece in content:
        if isinstance(piece, Markup):
            yield piece
        elif isinstance(piece, str):
            yield html.escape(piece)
        elif piece is not None:
            yield from _pieces(piece)


def _attribute(key: str) -> str:
    return key.removesuffix("_").replace("_", "-")
