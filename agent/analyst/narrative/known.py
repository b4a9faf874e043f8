"""Collects the figures of documents and compares figures of a text with them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from decimal import Decimal
from typing import Any

from agent.analyst.narrative.figures import ALL, BARE, CALLS, COUNT, MONEY, PERCENT, Figure, named, plain

# The end of a key names the unit of its number; in a text, the word after the number does.
_UNITS = {"_mb": "MB", "_ms": "ms", "_seconds": "s", "_days": "days", "_hours": "hours"}
_CALLS = {"invocations", "errors", "throttles"}
_FUNCTIONS = "functions"
# Keys whose values count functions by kind; the number of kinds is a known figure too.
_KINDS = {"regions", "runtimes", "architectures"}
# The largest relative error of a rounded figure: 40 cents must not become nothing, nor a dollar.
_MAX_ROUNDED = Decimal("0.05")


class Known:
    """Known figures, by what they count.

    Args:
        documents: Plain data. Its texts may contain figures too.
        names: As in `figures.named`.
    """

    def __init__(self, documents: Iterable[Any], names: Collection[str]) -> None:
        self._values: dict[str, frozenset[Decimal]] = {}
        found: dict[str, set[Decimal]] = {}
        texts: set[str] = set()  # most sentences occur in many places
        for kind, value in _leaves(documents):
            if isinstance(value, str):
                texts.add(value)
            else:
                found.setdefault(kind, set()).add(Decimal(str(value)))
        for text in texts.difference(names):
            for figure in named(plain(text), names):
                if figure.value is not None:
                    found.setdefault(figure.kind, set()).add(figure.value)
        self._values = {kind: frozenset(values) for kind, values in found.items()}

    def holds(self, figure: Figure) -> bool:
        """Return whether a figure is known, or is a known one rounded to fewer digits."""
        if figure.value is None:
            return False
        return any(_is_rounded(figure, known) for kind in self._kinds(figure) for known in self._values.get(kind, ()))

    def _kinds(self, figure: Figure) -> Iterable[str]:
        if figure.kind == MONEY:
            return () if figure.scaled else (MONEY,)
        if figure.kind == CALLS:
            return (CALLS, BARE)
        if figure.kind != BARE:
            return (figure.kind,)
        if figure.priced:
            return () if figure.scaled else (MONEY,)
        if figure.noun:
            return (BARE, COUNT, CALLS)
        in_cents = figure.step == Decimal("0.01")
        return [kind for kind in self._values if kind != PERCENT and (kind != MONEY or in_cents)]


def _is_rounded(figure: Figure, known: Decimal) -> bool:
    assert figure.value is not None
    difference = abs(figure.value - known)
    if not difference:
        return True
    return difference <= figure.step / 2 and difference <= _MAX_ROUNDED * known


def _leaves(node: Any, key: str = "") -> Iterator[tuple[str, Any]]:
    """Yield the values and the sizes of a document, each with what it counts."""
    if isinstance(node, Mapping):
        if key in _KINDS:
            yield COUNT, len(node)
        for name, value in node.items():
            # The keys here are names, for example of runtimes, and not units.
            yield from _leaves(value, "" if key in _KINDS else name)
    elif isinstance(node, list | tuple):
        yield COUNT, len(node)
        yield COUNT, len({value.get("function") for value in node if isinstance(value, Mapping)})
        for value in node:
            yield from _leaves(value, key)
    elif isinstance(node, str):
        yield BARE, node
    elif isinstance(node, int | float | Decimal) and not isinstance(node, bool):
        yield next((unit for end, unit in _UNITS.items() if key.endswith(end)), CALLS if key in _CALLS else COUNT), node
        if key == _FUNCTIONS:
            yield ALL, node
