"""Checks that the words around a key name its topic: a rule, a region, a runtime or a processor."""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import unquote

from agent.analyst.narrative import clauses
from agent.analyst.narrative.clauses import Window
from agent.analyst.narrative.cues import is_part_of
from agent.analyst.narrative.keys import ACCOUNT, OWNERS, UNTAGGED, Figure, Figures, kind
from agent.analyst.report.document import RULE_TITLES

_OTHER_WORDS: Mapping[str, str] = {
    "architecture": r"|processors?|graviton|arm|arm64|x86_64",
    "idle": r"|unused functions?|delet(?:e|es|ed|ing|ion)|not called",
    "errors": r"|fail(?:s|ed|ing|ures?)?",
    "memory-excess": r"|over-provisioned",
    "memory-pressure": r"|under-provisioned",
    "x86_64": r"|x86|x86-64|intel",
    "arm64": r"|graviton|arm",
}
_LANGUAGES = {"nodejs": r"node(?:\.?js)?", "dotnet": r"(?:dotnet|\.net)"}
# Parts of rules' names that say nothing alone.
_COMMON = frozenset(
    {"old", "excess", "pressure", "class", "compute", "cold", "starts", "steady", "versions", "cache", "polling"}
)


class Topics:
    """The topics of an assessment.

    Args:
        figures: All figures.
    """

    def __init__(self, figures: Figures) -> None:
        self._figures = figures
        known = {figure.topic for figure in figures if figure.topic}
        self._patterns = {topic: _pattern(topic) for topic in known}
        self._saved: dict[str, set[str]] = {}
        for figure in figures:
            if figure.meaning == "saving" and figure.topic and figure.value != "$0.00":
                self._saved.setdefault(figure.scope, set()).add(figure.topic)

    def words_for(self, figure: Figure, text: str, window: Window) -> str:
        """Return the words that name a count's topic, to be added to it; empty if the clause names it."""
        if not figure.topic or figure.topic in self._hits(self._clause(text, window)):
            return ""
        if figure.topic in RULE_TITLES:
            return f" ({RULE_TITLES[figure.topic].lower()})"
        if figure.scope == OWNERS:
            return f" of {unquote(figure.topic).strip('()')}"
        return f" {'in' if re.fullmatch(r'[a-z]{2}(?:-[a-z]+)+-[0-9]', figure.topic) else 'on'} {figure.topic}"

    def problem(
        self, figure: Figure, text: str, window: Window, *, start: int, previous: Figure | None, about: str | None
    ) -> str | None:
        """Return what is wrong with the words around a key, None if nothing.

        Args:
            figure: The key's figure.
            text: The text, in which keys, units and functions' names are hidden.
            window: The window of the key.
            start: Where the sentence begins.
            previous: The figure before it in the sentence.
            about: The topic of the text, where it is a remark on a finding.
        """
        if kind(figure) not in {"money", "share", "count"}:
            return None
        hits = self._hits(self._clause(text, window))
        if not figure.topic:
            return self._general(figure, hits, part=is_part_of(text, window))
        if figure.topic in hits:
            return None
        if hits:
            return f"the words are about {', '.join(sorted(hits))} and the key about {figure.topic}"
        known = figure.topic == about or (previous is not None and (previous.topic == figure.topic))
        if kind(figure) == "count" or known or figure.topic in self._hits(text[start : window.end]):
            return None
        return f"say in the same clause that it is about {RULE_TITLES.get(figure.topic, figure.topic).lower()}"

    def _general(self, figure: Figure, hits: set[str], *, part: bool) -> str | None:
        """Return what is wrong with a key without a topic."""
        if figure.scope == ACCOUNT:
            everything = self._figures.get(f"{ACCOUNT}.functions")
            kinds = {hit for hit in hits if self._figures.get(f"{ACCOUNT}.{hit}.functions")}
            whole = {
                hit
                for hit in kinds
                if everything and _value(self._figures, f"{ACCOUNT}.{hit}.functions") == everything.value
            }
            wrong = set() if part else hits - whole
        else:
            saved = self._saved.get(figure.scope, set())
            only = len(hits & saved) == 1 < len(saved) and figure.meaning in {"saving", "saving-share"}
            wrong = hits & saved if only else set()
        return f"the words are about {', '.join(sorted(wrong))}, and the key is not" if wrong else None

    def _hits(self, words: str) -> set[str]:
        return {topic for topic, pattern in self._patterns.items() if pattern.search(words)}

    def _clause(self, text: str, window: Window) -> str:
        return text[clauses.comma_before(text, window) : clauses.comma_after(text, window)]


def _value(figures: Figures, key: str) -> int | str | None:
    figure = figures.get(key)
    return None if figure is None else figure.value


def _pattern(topic: str) -> re.Pattern[str]:
    if topic == UNTAGGED:
        return re.compile(r"\b(?:untagged|without\s(?:an\sowner|a\stag))\b", re.IGNORECASE)
    other = _OTHER_WORDS.get(topic, "")
    if topic in RULE_TITLES:
        parts = [part for part in topic.split("-") if part not in _COMMON]
        stems = [re.sub(r"s$", "", part) for part in parts] or [topic.replace("-", r"[\s-]").removesuffix("s")]
        return re.compile(rf"(?<![\w-])(?:(?:{'|'.join(stems)})s?{other})\b", re.IGNORECASE)
    runtime = None if other else re.fullmatch(r"([a-z]+)([\d.]+?)(?:\.x)?", topic)
    if runtime:
        language = _LANGUAGES.get(runtime[1], runtime[1])
        return re.compile(rf"\b{language}\s?{re.escape(runtime[2])}(?:\.x)?(?![\d.]*\d)", re.IGNORECASE)
    return re.compile(rf"(?<![\w-])(?:{re.escape(unquote(topic))}{other})(?![\w-])", re.IGNORECASE)
