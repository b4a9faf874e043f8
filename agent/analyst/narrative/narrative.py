"""Turns the model's text into the report's: checks it, and fills in its figures."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from agent.analyst.analysis.estate import Assessment
from agent.analyst.narrative import numbers, sentences
from agent.analyst.narrative.claims import Claims
from agent.analyst.narrative.keys import ACCOUNT, NAME, Figure, Figures, Kind
from agent.analyst.narrative.numbers import HIDDEN
from agent.analyst.narrative.values import KeyRefusedError, write
from agent.analyst.report.document import Narrative
from agent.harness.journal.visible_text import without_invisible

_KEY = re.compile(r"\{\s*([^{}]*?)\s*\}")
_FRACTIONS = re.compile(r"[\u00bc-\u00be\u2150-\u215e\u2189]")
_NAME = re.compile(r"\w(?:[\w.%-]*\w)?")
# A refusal stays short, however much is wrong.
_MAX_PROBLEMS = 20
_MAX_AROUND = 120

Span = tuple[int, int]
Problem = tuple[int, str]
"""Where something is wrong, and what."""


class UntrueNarrativeError(ValueError):
    """A text says something false about a figure, or has a number in its words. The message says what to do."""


def filled(narrative: Narrative, assessment: Assessment, figures: Figures, findings: Mapping[str, str]) -> Narrative:
    """Return the narrative with the figures in place of their keys, and its remarks by the findings' identifiers.

    Args:
        narrative: The model's text, with keys in braces. Its remarks are by finding, as the tools name findings.
        assessment: The assessment that the text is about.
        figures: The figures that it may name.
        findings: The findings' identifiers by their name in the tools' results.

    Raises:
        UntrueNarrativeError: The text breaks a rule (see the package's description).
    """
    filler = _Filler(figures, set(_names(assessment)))
    problems: list[str] = []

    def fill(where: str, words: str, about: Figure | None = None) -> str:
        words = _plain(words)
        text, found = filler.fill(words, about)
        problems.extend(f"{where}: {what}, in {_around(words, place)!r}" for place, what in found)
        return text

    summary = fill("summary", narrative.summary)
    remarks: dict[str, str] = {}
    for finding, words in narrative.remarks.items():
        if finding in findings:
            remarks[findings[finding]] = fill(finding, words, Figure(key=f"{finding}.issue", value=""))
        else:
            problems.append(f"{finding}: there is no such finding")
    if problems:
        raise UntrueNarrativeError(_refusal(problems))
    return Narrative(summary=summary, remarks=remarks, author=narrative.author)


class _Filler:
    def __init__(self, figures: Figures, names: Collection[str]) -> None:
        self._figures = figures
        self._claims = Claims(figures)
        self._names = frozenset(names) | self._claims.names.keys()

    def fill(self, text: str, about: Figure | None) -> tuple[str, Sequence[Problem]]:
        """Return a text with its figures in place of their keys, and what is wrong with it."""
        keys = [(key, self._figures.get(key[1])) for key in _KEY.finditer(text)]
        problems = [(key.start(), self._unknown(key[1])) for key, figure in keys if figure is None]
        known = {key.span(): figure for key, figure in keys if figure is not None}
        names = self._claims.named(_hide(text, known))
        named = {start: among for (start, _), among in names.items()}
        named |= {start: frozenset({one.subject}) for (start, _), one in known.items() if one.meaning == NAME}
        written: dict[Span, str] = {}
        judged: dict[Span, Figure] = {}
        for (start, end), figure in known.items():
            value, used = "", 0
            try:
                value, used = write(figure, text[:start], text[end:])
            except KeyRefusedError as error:
                problems.append((start, f"{{{figure.key}}}: {error}"))
            written[start, end + used] = value
            if not _is_general(figure):
                judged[start, end + used] = figure
        shown = _hide(text, [*names, *written])
        places = sentences.places(shown, list(judged))
        judgements = self._claims.judge(shown, list(zip(judged.values(), places, strict=True)), named, about)
        for (span, figure), (wrong, label) in zip(judged.items(), judgements, strict=True):
            problems += [(span[0], f"{{{figure.key}}}: {problem}") for problem in wrong]
            written[span] += f" ({label})" if label else ""
        problems += self._in_words(shown)
        for (start, end), value in reversed(written.items()):
            text = text[:start] + value + text[end:]
        return text, sorted(problems)

    def _unknown(self, key: str) -> str:
        nearest = ", ".join(f"{{{near}}}" for near in self._figures.nearest(key))
        return f"there is no key {{{key}}}" + (f"; the nearest are {nearest}" if nearest else "")

    def _in_words(self, shown: str) -> Iterator[Problem]:
        """Yield the braces and the numbers in the words."""
        for brace in re.finditer(r"[{}]", shown):
            yield brace.start(), f"{brace[0]!r} belongs to no key"
        functions = {name: subject for subject, name in self._figures.names.items()}
        words = _NAME.sub(lambda name: HIDDEN * len(name[0]) if name[0] in self._names else name[0], shown)
        for place, number, problem in numbers.problems(words):
            key = f"{{{functions[number]}.{NAME}}}" if number in functions else "the key of a figure, or leave it out"
            yield place, f"{number!r} {problem}: write {key}"


def _refusal(problems: Sequence[str]) -> str:
    left = len(problems) - _MAX_PROBLEMS
    more = [f"- and {left:,} more"] if left > 0 else []
    lines = ["The narrative was not accepted:", *(f"- {problem}" for problem in problems[:_MAX_PROBLEMS]), *more]
    return "\n".join(lines) + (
        "\nName each figure by its key in braces, say in the same clause what it is and what it is about, and write no "
        "other number."
    )


def _names(assessment: Assessment) -> Iterator[str]:
    """Yield the names that may have digits, with the parts of ARNs and log groups, those of functions left out."""
    yield assessment.facts.account
    yield from assessment.facts.regions
    for profile in (function.profile for function in assessment.functions):
        names = [profile.region, profile.runtime or "", *profile.log_group_name.split("/")]
        names += [one.qualifier for one in profile.provisioned or ()]
        yield from filter(numbers.is_name, names)


def _is_general(figure: Figure) -> bool:
    """Return whether a figure may stand in any words: a name, the time of observation, or the title of a rule."""
    return figure.meaning == NAME or (figure.subject == ACCOUNT and figure.kind is Kind.WORDS)


def _hide(text: str, spans: Iterable[Span]) -> str:
    for start, end in spans:
        text = text[:start] + HIDDEN * (end - start) + text[end:]
    return text


def _around(text: str, place: int) -> str:
    """Return the sentence around a place, shortened if it is long."""
    start, end = sentences.sentence(text, place)
    return text[max(start, place - _MAX_AROUND) : min(end, place + _MAX_AROUND)].strip()


def _plain(text: str) -> str:
    """Return a text as it is checked and published.

    Each character has one form, none is invisible, and nothing is emphasised. Amounts have their sign from code.
    """
    text = without_invisible(unicodedata.normalize("NFKC", _FRACTIONS.sub(r" \g<0>", text)))
    text = re.sub(r"[\u2010-\u2012\u2212]", "-", re.sub(r"[*`]|\$\s?(?=\{)", "", text))
    return re.sub(r"[^\S\n]+", " ", text).strip()
