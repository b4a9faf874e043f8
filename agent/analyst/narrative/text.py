"""Fills in the figures of one text, after checking what its words say about them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from agent.analyst.narrative import clauses, meanings, numbers, subjects, units
from agent.analyst.narrative.clauses import Window
from agent.analyst.narrative.keys import ACCOUNT, NAME, Figure, is_general, kind
from agent.analyst.narrative.numbers import HIDDEN
from agent.analyst.narrative.subjects import Mention, Subjects
from agent.analyst.narrative.units import UnitError, Written
from agent.analyst.narrative.vocabulary import Vocabulary

_KEY = re.compile(r"\{\s*([^{}]*?)\s*\}")
_MAX_AROUND = 120


@dataclass(frozen=True, kw_only=True)
class Problem:
    """Something wrong in a text.

    Attributes:
        what: What is wrong, and what to do.
        place: Where.
    """

    what: str
    place: int


@dataclass(frozen=True, kw_only=True)
class _Named:
    """A key in a text, with its figure and what is written in its place."""

    figure: Figure
    start: int
    end: int
    written: Written | None = None

    @property
    def span(self) -> tuple[int, int]:
        """Return where the value stands, with the words that it replaces."""
        if self.written is None:
            return self.start, self.end
        return self.start - self.written.before, self.end + self.written.after


def fill(
    text: str, vocabulary: Vocabulary, *, function: str | None = None, topic: str | None = None
) -> tuple[str, Sequence[Problem]]:
    """Return a plain text with its figures in place of their keys, and what is wrong with it.

    Args:
        text: The text from `plain`.
        vocabulary: What it may name.
        function: The handle of the function that the text is about.
        topic: The rule that it is about.
    """
    named, problems = _named(text, vocabulary)
    shown = _hide(text, [one.span for one in named])
    found = subjects.mentions(shown, vocabulary.functions)
    names = [(one.start, one.end) for one in found if ACCOUNT not in one.scopes]
    found = [
        *found,
        *(Mention(*one.span, frozenset({one.figure.scope})) for one in named if one.figure.meaning == NAME),
    ]
    figures = [one for one in named if one.figure.meaning != NAME]
    written, wrong = _written(_hide(text, names), _hide(shown, names), figures, vocabulary)
    shown = _hide(_hide(shown, names), [one.span for one in written])
    problems += wrong
    problems += _statements(shown, written, sorted(found, key=lambda one: one.start), vocabulary, function, topic)
    problems += _words(text, shown, vocabulary)
    for one in sorted([*written, *(one for one in named if one.figure.meaning == NAME)], key=lambda one: -one.start):
        value = one.written.text if one.written else str(one.figure.value)
        text = text[: one.span[0]] + value + text[one.span[1] :]
    return text, sorted(problems, key=lambda problem: problem.place)


def _named(text: str, vocabulary: Vocabulary) -> tuple[list[_Named], list[Problem]]:
    """Return the keys of a text, and the keys that do not exist."""
    named: list[_Named] = []
    problems: list[Problem] = []
    for key in _KEY.finditer(text):
        figure = vocabulary.figures.get(key[1])
        if figure is not None:
            named.append(_Named(figure=figure, start=key.start(), end=key.end()))
            continue
        nearest = ", ".join(f"{{{near}}}" for near in vocabulary.figures.nearest(key[1]))
        problems.append(
            Problem(
                what=f"there is no key {key[0]}" + (f"; the nearest are {nearest}" if nearest else ""),
                place=key.start(),
            )
        )
    return named, problems


def _written(
    text: str, shown: str, named: Sequence[_Named], vocabulary: Vocabulary
) -> tuple[list[_Named], list[Problem]]:
    """Write each figure as the words around it need it."""
    written: list[_Named] = []
    problems: list[Problem] = []
    windows = _windows(shown, named)
    for one in named:
        window = windows[one.start]
        clause = shown[clauses.comma_before(shown, window) : clauses.comma_after(shown, window)]
        try:
            value = units.write(
                one.figure,
                before=text[: one.start],
                after=text[one.end :],
                clause=clause,
                topic=vocabulary.topics.words_for(one.figure, shown, window),
            )
        except UnitError as error:
            problems.append(Problem(what=f"{{{one.figure.key}}}: {error}", place=one.start))
            value = Written(text="", before=0, after=0)
        written.append(replace(one, written=value))
    return written, problems


def _windows(shown: str, named: Sequence[_Named]) -> Mapping[int, Window]:
    """Return the window of each key by the position of its brace."""
    windows = [
        window for sentence in clauses.sentences(shown, [one.span for one in named]) for window in sentence.windows
    ]
    return {one.start: window for one, window in zip(named, windows, strict=True)}


def _statements(
    shown: str,
    named: Sequence[_Named],
    found: Sequence[Mention],
    vocabulary: Vocabulary,
    function: str | None,
    topic: str | None,
) -> Iterator[Problem]:
    """Yield what the words say wrongly about the figures."""
    about = Subjects(shown, found, function)
    named = [one for one in named if not is_general(one.figure)]
    left = list(named)
    shares = {one.span[0] for one in named if kind(one.figure) == "share"}
    for sentence in clauses.sentences(shown, [one.span for one in named], shares):
        own, left = left[: len(sentence.windows)], left[len(sentence.windows) :]
        figures = [one.figure for one in own]
        wrong = list(about.problems(sentence, figures))
        for number, (window, figure) in enumerate(zip(sentence.windows, figures, strict=True)):
            previous = figures[number - 1] if number else None
            place = (sentence.start, sentence.end)
            said = meanings.problems(shown, window, figure, sentence=place, previous=previous)
            wrong += [(number, problem) for problem in said]
            on = vocabulary.topics.problem(figure, shown, window, start=sentence.start, previous=previous, about=topic)
            wrong += [(number, on)] if on else []
        for number, problem in wrong:
            yield Problem(what=f"{{{figures[number].key}}}: {problem}", place=own[number].start)


def _words(text: str, shown: str, vocabulary: Vocabulary) -> Iterator[Problem]:
    """Yield the numbers and the braces in the words."""
    for brace in re.finditer(r"[{}]", shown):
        yield Problem(what=f"{brace[0]!r} belongs to no key", place=brace.start())
    hidden = numbers.hide_names(shown, vocabulary.names | vocabulary.functions.keys())
    if vocabulary.account:
        hidden = vocabulary.account.sub(lambda found: HIDDEN * len(found[0]), hidden)
    for place, number in numbers.numbers(hidden):
        name = text[place : place + len(number)]
        key = next((handle for handle, known in vocabulary.figures.functions.items() if known == name), None)
        what = f"{number!r} is a number in the words: write the key of a figure, or leave it out"
        yield Problem(what=f"{name!r} reads as a number: write {{{key}.{NAME}}}" if key else what, place=place)
    for place, word in numbers.foreign_words(hidden):
        yield Problem(what=f"{word!r} is not English", place=place)


def sentence_of(text: str, place: int) -> str:
    """Return the sentence around a position, shortened if it is long."""
    around = next(
        ((one.start, one.end) for one in clauses.sentences(text, []) if one.start <= place <= one.end), (0, len(text))
    )
    return text[max(around[0], place - _MAX_AROUND) : min(around[1], place + _MAX_AROUND)].strip()


def _hide(text: str, spans: Sequence[tuple[int, int]]) -> str:
    for start, end in spans:
        text = text[:start] + HIDDEN * (end - start) + text[end:]
    return text
