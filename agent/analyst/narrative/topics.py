"""Checks that the words around a key name its topic: a rule, a region, a runtime or a processor."""

from __future__ import annotations

import re
from collections.abc import Mapping

from agent.analyst.narrative import clauses
from agent.analyst.narrative.clauses import Window
from agent.analyst.narrative.keys import ACCOUNT, Figure, Figures
from agent.analyst.narrative.kinds import kind
from agent.analyst.narrative.meanings import is_part_of
from agent.analyst.report.document import RULE_TITLES

_OTHER_WORDS: Mapping[str, str] = {
    "architecture": r"|processors?|graviton|arm",
    "idle": r"|unused|delet(?:e|es|ed|ing|ion)|not called",
    "x86_64": r"|x86|x86-64|intel",
    "arm64": r"|graviton|arm",
}
_LANGUAGES = {"nodejs": r"node(?:\.?js)?", "dotnet": r"(?:dotnet|\.net)"}
# Words of the rules' titles that say nothing about the issue.
_COMMON = frozenset(
    ["that", "could", "be", "at", "own", "their", "far", "above", "near", "functions", "runs", "the", "of", "and"]
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
    other = _OTHER_WORDS.get(topic, "")
    if topic in RULE_TITLES:
        words = set(re.findall(r"[\w-]+", RULE_TITLES[topic].lower())) | set(topic.split("-")) | {topic}
        stems = {re.sub(r"(?:ing|ed|s)$", "", word) for word in words - _COMMON}
        return re.compile(
            rf"\b(?:(?:{'|'.join(map(re.escape, sorted(stems)))})(?:s|d|ed|ing)?{other})\b", re.IGNORECASE
        )
    runtime = None if other else re.fullmatch(r"([a-z]+)([\d.]+?)(?:\.x)?", topic)
    if runtime:
        language = _LANGUAGES.get(runtime[1], runtime[1])
        return re.compile(rf"\b{language}\s?{re.escape(runtime[2])}(?:\.x)?(?![\d.]*\d)", re.IGNORECASE)
    return re.compile(rf"\b(?:{re.escape(topic)}{other})\b(?!-)", re.IGNORECASE)
