"""Checks that the words around a key name what its value is about: the account or a function, and a rule or a kind."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from agent.analyst.narrative import clauses
from agent.analyst.narrative.clauses import Sentence, Window
from agent.analyst.narrative.cues import is_part_of
from agent.analyst.narrative.keys import ACCOUNT, OWNERS, Figure

# Words for all functions together.
_WHOLE = re.compile(
    r"(?<!costs\s)(?<!cost\s)(?<!saves\s)(?<!save\s)"
    r"(?:\b(?:the|this|your|our|whole|entire)\s)*\baccount\b(?!s?\sfor)"
    r"|\b(?:everything|altogether|overall|in\stotal|in\sall|totals?|estate|you|we)\b"
    r"|\b(?:all|the|these|your|our)\s(?:(?!other\b|remaining\b|rest\b|most\b|some\b|few\b|idle\b)\w+\s)?"
    r"(?:functions|lambdas|changes|recommendations|bill)\b",
    re.IGNORECASE,
)
# A whole that only says where something is: "the largest function in the account".
_PLACE = re.compile(r"\b(?:of|in|on|across|from|for|within|after|before|with|without)\s(?:all\s)?$", re.IGNORECASE)
_READER = re.compile(r"you|we|(?:the|your|our)\s(?:\w+\s)?bill", re.IGNORECASE)
_SINGLE = re.compile(r"\b(?:it|its|this function|that function|the function)\b", re.IGNORECASE)
_PREPOSITION = re.compile(
    r"\b(?:on|for|with|of|by|from|in|to|at)\s(?:the\s(?:function\s)?|function\s)?$", re.IGNORECASE
)
_ADJECTIVE = re.compile(r"\b(?:an?|the|its|their|very|too|so|these|those|any|each|most|more)\s$", re.IGNORECASE)
_VERB = re.compile(
    r"\s(?:function|lambda|cost|save|is|has|can|could|would|should|need|run|use|take|and|or)s?\b|[^\w\s-]|\s?$"
)
_WORDS = re.compile(r"\w[\w./%-]*\w|\w")


@dataclass(frozen=True)
class Mention:
    """A place where a text names a function, or all of them.

    Attributes:
        start: Where it begins.
        end: Where it ends.
        scopes: The handles of the functions with this name, or `account`.
    """

    start: int
    end: int
    scopes: frozenset[str]


def mentions(text: str, names: Mapping[str, frozenset[str]]) -> Sequence[Mention]:
    """Return the places where a text names functions, or all of them, in order.

    Args:
        text: The text, in which keys are hidden.
        names: The handles of the functions by name.
    """
    found = [
        Mention(word.start(), word.end(), names[word[0]])
        for word in _WORDS.finditer(text)
        if word[0] in names and not _is_adjective(text, word)
    ]
    taken = [range(mention.start, mention.end) for mention in found]
    found += [
        Mention(whole.start(), whole.end(), frozenset({ACCOUNT}))
        for whole in _WHOLE.finditer(text)
        if not any(whole.start() in place for place in taken)
    ]
    return sorted(found, key=lambda mention: mention.start)


class Subjects:
    """What the keys of a text are about, sentence by sentence.

    Args:
        text: The text, in which keys, units and names are hidden.
        found: The mentions in it.
        about: The handle of the function that the text is about from its beginning; None if it is about none.
    """

    def __init__(self, text: str, found: Sequence[Mention], about: str | None) -> None:
        self._text = text
        self._found = found
        self._used: set[Mention] = set()  # names after a key that belong to it
        self._default = self._carried = None if about is None else frozenset({about})

    def problems(self, sentence: Sentence, figures: Sequence[Figure]) -> Iterator[tuple[int, str]]:
        """Yield what is wrong with the keys of the next sentence, each with the number of its key."""
        if sentence.begins_paragraph:
            self._carried = self._default
        paired = self._paired(sentence)
        for number, (window, figure) in enumerate(zip(sentence.windows, figures, strict=True)):
            previous = figures[number - 1].scope if number else None
            if figure.scope in {ACCOUNT, OWNERS}:
                problem = self._whole(window, previous)
            else:
                problem = self._single(window, figure, previous, paired.get(number))
            if problem:
                yield number, problem
        named = [mention.scopes for mention in self._in(sentence.start, sentence.end) if not self._is_place(mention)]
        self._carried = named[-1] if named else self._carried

    def _single(self, window: Window, figure: Figure, previous: str | None, paired: Mention | None) -> str | None:
        """Return what is wrong with a key of a function."""
        before = [
            mention
            for mention in self._in(window.start, window.key_start)
            if not self._is_place(mention) and mention not in self._used
        ]
        nearby = self._in(window.key_end, clauses.comma_after(self._text, window))
        after = [mention for mention in nearby if self._after_preposition(mention) and ACCOUNT not in mention.scopes]
        nearest = paired or (before[-1] if before else None)
        if nearest is None and after:
            nearest = after[0]
            self._used.add(nearest)
        if nearest is not None:
            named = nearest.scopes
            wrong = [mention for mention in after[:1] if figure.scope not in mention.scopes]
            if named == {figure.scope} and not wrong:
                return None
            if figure.scope in named:
                return f"several functions have this name: write {figure.scope!r}"
            other = ", ".join(sorted((wrong[0] if wrong else nearest).scopes))
            return f"the words are about {other!r} and the key about {figure.scope!r}"
        if previous is not None:
            if previous == figure.scope:
                return None
        elif self._carried == frozenset({figure.scope}):
            return None
        later = [mention for mention in self._in(window.key_end, window.end) if not self._is_place(mention)]
        if later and later[0].scopes == {figure.scope}:
            return None
        return f"name {figure.scope!r} before the key, by its name or as {{{figure.scope}.name}}"

    def _whole(self, window: Window, previous: str | None) -> str | None:
        """Return what is wrong with a key of the account."""
        if is_part_of(self._text, window):
            return None
        before = self._in(window.start, window.key_start)
        functions = [mention for mention in before if ACCOUNT not in mention.scopes]
        clause = clauses.comma_before(self._text, window, also_and=True)
        wholes = [
            mention
            for mention in before
            if ACCOUNT in mention.scopes
            and (not self._is_place(mention) or self._text[: mention.end].lower().endswith("bill"))
        ]
        for mention in self._in(window.key_end, clauses.comma_after(self._text, window)):
            if ACCOUNT not in mention.scopes and self._after_preposition(mention):
                return f"the words are about {min(mention.scopes)!r} and the key is about the account"
        if functions:
            last = functions[-1]
            if any(mention.start > last.end and mention.start >= clause for mention in wholes):
                return None
            return f"the words are about {min(last.scopes)!r} and the key is about the account"
        if len(before) > len(functions):
            return None
        if previous not in {None, ACCOUNT, OWNERS}:
            return f"the words are about {previous!r} and the key is about the account"
        single = _SINGLE.search(self._text, window.start, window.key_start)
        if single and (single[0].lower() not in {"it", "its"} or (self._carried and ACCOUNT not in self._carried)):
            return f"{single[0]!r} is a function, and the key is about the account"
        return None

    def _paired(self, sentence: Sentence) -> Mapping[int, Mention]:
        """Return the names of "checkout and export cost {…} and {…}" by the number of the key."""
        pairs: dict[int, Mention] = {}
        for number, window in enumerate(sentence.windows):
            named = [one for one in self._in(window.start, window.key_start) if ACCOUNT not in one.scopes]
            run = 1
            for following in sentence.windows[number + 1 :]:
                if self._in(following.start, following.key_start):
                    break
                run += 1
            if len(named) == run > 1:
                pairs |= {number + place: mention for place, mention in enumerate(named)}
        return pairs

    def _in(self, start: int, end: int) -> Sequence[Mention]:
        return [mention for mention in self._found if start <= mention.start < end]

    def _is_place(self, mention: Mention) -> bool:
        """Return whether it is no subject: "you", or "the largest in the account". "The account's cost" is one."""
        if ACCOUNT in mention.scopes and _READER.fullmatch(self._text, mention.start, mention.end):
            return True
        if ACCOUNT not in mention.scopes or re.match(r"['\u2019]s\b", self._text[mention.end : mention.end + 3]):
            return False
        return bool(_PLACE.search(self._text, 0, mention.start))

    def _after_preposition(self, mention: Mention) -> bool:
        return bool(_PREPOSITION.search(self._text[max(0, mention.start - 20) : mention.start]))


def _is_adjective(text: str, word: re.Match[str]) -> bool:
    """Return whether a name that is a common word is not meant as a name, as in "an old runtime"."""
    if not word[0].isalpha():
        return False
    return bool(_ADJECTIVE.search(text[max(0, word.start() - 12) : word.start()])) and not _VERB.match(text, word.end())
