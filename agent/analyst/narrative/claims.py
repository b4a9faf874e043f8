"""Judges what the words around a key say about its figure: its meaning, its subject and its topic.

Each of the three is judged alike. Words that say what the key says are enough. Words that say something else are
refused. Where no word says it, or words say several things, code writes what the figure is beside its value. So a word
that is missing in a list below costs some brevity, or lets a contradiction stand beside the truth.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence

from agent.analyst import prompts
from agent.analyst.narrative.keys import ACCOUNT, Figure, Figures, Kind
from agent.analyst.narrative.numbers import is_name
from agent.analyst.narrative.sentences import Place
from agent.analyst.narrative.values import PER_MONTH, KeyRefusedError, title
from agent.analyst.report.document import RULE_TITLES

_MADE = r"(?:after|with|once|when)\s(?:\w+\s){0,3}change[sd]?"
# What words say of a value, in groups of meanings that could be taken for one another. "" is what no key means.
_MEANINGS: Sequence[Mapping[str, str]] = (
    {
        "cost": r"cost\w*|spen[dt]\w*|pa(?:ys?|id)|bill(?:s|ed)?|charged?|expens\w+",
        "saving": r"sav(?:e[sd]?|ings?)|cheaper|less|cut(?:s|ting)?|reduc\w+|lower\w*|avoid\w*|eliminat\w*|wast\w+",
        "remaining": rf"remain\w*|left|leav\w+|{_MADE}",
        "": r"increas\w+|ris(?:es?|ing)|rose|grow\w*|grew|higher|los(?:es?|t|ing)|earn\w*|tax\w*|budget\w*",
    },
    {
        "average": r"averages?|mean|typical\w*",
        "p99": r"p99|99th\spercentile|slowest|tail",
        "timeout": r"time[sd]?[\s-]?outs?|limit\w*",
        "memory": r"memory|configured",
        "memory-used": r"us(?:e[sd]?|ing)|need(?:s|ed)?|peak\w*|highest",
        "storage": r"storage|disk",
        "": r"median|minimum|fastest|shortest|p50|p9[05]",
    },
    {"calls": r"call(?:s|ed)?|invo\w+", "errors": r"fail\w*|errors?|crash\w*", "throttles": r"throttl\w+|reject\w*"},
    {"functions-that-ran": "ran", "functions": "(?!)", "functions-that-did-not-run": "(?!)"},  # (?!) is no word
    {"confidence": r"confiden\w+|certain\w*|sure", "risk": r"risk\w*|danger\w*"},
)
_SAME = {"saving-share": "saving", "cost-share": "cost", "invocations": "calls"}
# What may stand beside a meaning's own words: what remains is a cost, too, and used memory is memory.
_BESIDE = {"remaining": "cost", "memory-used": "memory"}


def _words(pattern: str) -> re.Pattern[str]:
    return re.compile(rf"\b(?:{pattern})\b", re.IGNORECASE)


_CUES = [{meaning: _words(words) for meaning, words in group.items()} for group in _MEANINGS]
_CHANGES_MADE = _words(_MADE)
# "Lowers the cost by {…}" says a saving, and "{…} of the cost" says what an amount is a part of.
_BY = re.compile(
    r"\b(?:lower\w*|reduc\w+|cut\w*|sav\w+|cheap\w+|less|decreas\w+|drop\w*|f[ae]ll\w*|shrink\w*|down)\s(?:.+\s)?"
    r"by\s(?:about\s)?$",
    re.IGNORECASE,
)
_WHOLE = re.compile(r"\sof\s(?:[\w'\u2019]+\s){0,3}?(?:costs?|bill|spend(?:ing)?)\b", re.IGNORECASE)
# Words that make another figure of a value: they deny it, compare it, or share it out over time or over things.
_DENIED = _words(r"not|never|no|cannot|neither|nor|hardly|already|\w+n['\u2019]t")
_COMPARED = re.compile(
    r"\b(?:than|least|minus|negative|over|under|above|below|beyond|exceed\w*)\s(?:the\s|a\s|its\s)?$", re.IGNORECASE
)
_TIME = r"years?|yearly|annual\w*|quarterly|months|weeks?|weekly|days?|daily|hourly"
_OF_TIME = _words(rf"(?<!\bfor\s)(?<!\bfor\sa\s)(?:{_TIME})")
_OF_EACH = _words(r"each|every|per|apiece|respectively|average|median|typical\w*|others?|rest")

# Words for all functions together.
_ALL = _words(
    r"account(?!\sfor)|totals?|altogether|overall|everything|"
    r"(?:all|the|your)\s(?:of\s)?(?:the\s)?(?:\w+\s)?functions(?!\sof\b)"
)
# Parts of the names of rules that say nothing alone, and other words for rules.
_GENERIC = frozenset("class cold compute delivery excess old polling pressure starts steady".split())  # noqa: SIM905 (short)
_SYNONYMS = {
    "idle": [r"delet\w+", "unused"],
    "architecture": ["arm64", "x86_64", "graviton", "processors?"],
    "memory-excess": ["over-provisioned"],
}
# Names of functions and owners that are words of every report, as the prompt's own words are: they are written by key.
_PLAIN_WORDS = frozenset(re.findall(r"\w+", re.sub(r'`[^`]*`|"[^"]*"', "", prompts.load("analyst").text.lower())))
_WORD = re.compile(r"\w[\w./%-]*\w")

Mentions = Mapping[int, Collection[str]]
"""What words may name, by the place where they begin."""


class Claims:
    """Judges the texts about one assessment.

    Args:
        figures: Its figures.
    """

    def __init__(self, figures: Figures) -> None:
        self._figures = figures
        self.names: dict[str, frozenset[str]] = {}
        for subject, name in figures.names.items():
            for word in {name, subject}:
                if _WORD.fullmatch(word) and is_name(word) and not _is_common(word):
                    self.names[word] = self.names.get(word, frozenset()) | {subject}
        self._topics = {topic: _pattern(topic) for topic in {figure.topic for figure in figures} - {""}}

    def named(self, text: str) -> Mapping[tuple[int, int], frozenset[str]]:
        """Return the functions and owners that a text names, by the places of the names."""
        return {word.span(): self.names[word[0]] for word in _WORD.finditer(text) if word[0] in self.names}

    def judge(
        self, text: str, keys: Sequence[tuple[Figure, Place]], named: Mentions, about: Figure | None
    ) -> Iterator[tuple[Sequence[str], str]]:
        """Yield of each key of a text why it is refused, and what code must write beside its value.

        Args:
            text: The text, in which values and names are hidden.
            keys: The figures of its keys, and their places.
            named: The functions and owners that it names.
            about: A figure of the finding that the text is a remark on; None for the summary.
        """
        subjects = {one.start(): frozenset({ACCOUNT}) for one in _ALL.finditer(text)} | dict(named)
        subjects |= {place.start: frozenset({figure.subject}) for figure, place in keys}
        topics: dict[int, frozenset[str]] = {}
        for topic, pattern in self._topics.items():
            for found in pattern.finditer(text):
                topics[found.start()] = topics.get(found.start(), frozenset()) | {topic}
        # "Unused provisioned concurrency" is one rule, although "unused" alone may be another.
        for topic in self._topics.keys() & RULE_TITLES.keys():
            for found in re.finditer(re.escape(RULE_TITLES[topic]), text, re.IGNORECASE):
                topics |= {start: frozenset({topic}) for start in topics if found.start() <= start < found.end()}
        previous, sentence = None, -1
        for figure, place in keys:
            previous = previous if place.sentence == sentence else None
            earlier = max((start for start in subjects if start < place.sentence), default=None)
            carried = {ACCOUNT} if earlier is None else subjects[earlier]
            problems, label = list(_changed(text, figure, place)), ""
            context, is_remark = previous or about, about is not None and previous is None
            try:
                label = _meaning(text, figure, place, previous)
                if _is_unsaid(figure.subject, subjects, place, {context.subject} if context else carried, is_remark):
                    label = " of ".join(filter(None, (label, title(figure.subject, self._figures.names))))
                if self._is_topic_unsaid(figure, topics, place, {context.topic} if context else set(), is_remark):
                    topic = RULE_TITLES.get(figure.topic, figure.topic)
                    label = ", ".join(filter(None, (label, topic[:1].lower() + topic[1:])))
            except KeyRefusedError as error:
                problems.append(str(error))
            yield problems, label
            previous, sentence = figure, place.sentence

    def _is_topic_unsaid(
        self, figure: Figure, topics: Mentions, place: Place, context: Collection[str], is_remark: bool
    ) -> bool:
        if figure.kind not in {Kind.MONEY, Kind.SHARE, Kind.COUNT, Kind.GRADE}:
            return False
        if figure.topic:
            # A word may belong to several rules: "memory" to too much and to too little of it.
            own = {start: {figure.topic} if figure.topic in among else among for start, among in topics.items()}
            return _is_unsaid(figure.topic, own, place, context, is_remark)
        # A figure of everything must not stand beside words for a part that has a figure of its own.
        near = {topic for start, among in topics.items() if place.near <= start < place.after for topic in among}
        parts = [
            one
            for one in self._figures
            if one.topic in near and (one.subject, one.kind) == (figure.subject, figure.kind)
        ]
        equal = {one.topic for one in parts if (one.meaning, one.value) == (figure.meaning, figure.value)}
        counts = figure.kind is Kind.COUNT and figure.subject == ACCOUNT
        keys = [one.key for one in parts if one.topic not in equal and (counts or one.meaning == figure.meaning)]
        if keys:
            words = ", ".join(sorted(near))
            raise KeyRefusedError(f"the words are about {words}: leave them out, or write {' or '.join(keys)}")
        return False


def _is_unsaid(own: str, mentions: Mentions, place: Place, context: Collection[str], is_remark: bool) -> bool:
    """Return whether code must write what a figure is about, because the words do not say it, or say more.

    Args:
        own: What it is about.
        mentions: What the text names.
        place: The key's place.
        context: What the key is about if no words near it say so.
        is_remark: Whether the context is the heading of a remark.

    Raises:
        KeyRefusedError: The words say something else.
    """
    before = {name for start, among in mentions.items() if place.reach <= start < place.start for name in among}
    after = {name for start, among in mentions.items() if place.end <= start < place.after for name in among}
    if not before and not after:
        if not is_remark:
            return set(context) != {own}
        before = set(context)
    if own in before or (own in after and before <= {ACCOUNT}):
        return before | after != {own}
    raise KeyRefusedError(f"the words are about {', '.join(sorted(before or after))} and the key about {own}: name it")


def _meaning(text: str, figure: Figure, place: Place, previous: Figure | None) -> str:
    """Return what code must write about the meaning of a figure: nothing if the words say it.

    Raises:
        KeyRefusedError: The words say another meaning.
    """
    own = _SAME.get(figure.meaning, figure.meaning)
    member = "functions" if figure.kind is Kind.COUNT and figure.label.startswith("functions") else own
    group = next((group for group in _CUES if member in group), {})
    whole = _WHOLE.match(text, place.end) if figure.kind is Kind.MONEY else None
    before = _hits(text, group, place.near, place.start)
    before += ["saving"] if "saving" in group and _BY.search(text, place.near, place.start) else []
    after = _hits(text, group, whole.end() if whole else place.end, place.after)
    said = [*before[-1:], *after[:1]]
    allowed = {own, _BESIDE.get(own) if own in {*before, *after} else own}
    wrong = [other for other in said if other not in allowed] + [other for other in before if not other]
    wrong += ["remaining"] if own == "cost" and _CHANGES_MADE.search(text, place.reach, place.start) else []
    if wrong:
        raise KeyRefusedError(f"the words say {wrong[0] or 'another amount'!r} and the key says {figure.meaning!r}")
    if said or (previous is not None and _SAME.get(previous.meaning, previous.meaning) == own):
        return ""
    # The base that a share is written with may say enough, and the noun of a count does.
    is_plain = figure.meaning == "cost-share" or (figure.kind is Kind.SHARE and figure.topic)
    return "" if is_plain or figure.kind in {Kind.COUNT, Kind.WORDS, Kind.FOREIGN} else figure.label


def _hits(text: str, group: Mapping[str, re.Pattern[str]], start: int, end: int) -> list[str]:
    """Return the meanings of the words in a part of a text, in order."""
    found = [(one.start(), meaning) for meaning, pattern in group.items() for one in pattern.finditer(text, start, end)]
    return [meaning for _, meaning in sorted(found)]


def _changed(text: str, figure: Figure, place: Place) -> Iterator[str]:
    """Yield the words that make another figure of a value."""
    if figure.kind in {Kind.WORDS, Kind.FOREIGN}:
        return
    clause = text[place.clause : place.after]
    denied = _DENIED.search(clause)
    if denied and " not " not in figure.label:
        yield f"no {denied[0]!r} in a clause with a figure: say what is the case"
    if compared := _COMPARED.search(text, place.near, place.start):
        yield f"leave out {compared[0].strip()!r}: the value is exact"
    counted = _SAME.get(figure.meaning, figure.meaning) in _MEANINGS[2]
    if counted or figure.kind in {Kind.MONEY, Kind.SHARE}:
        shared = _OF_TIME.search(text, place.reach, place.after) or _OF_EACH.search(PER_MONTH.sub("", clause))
        if shared := shared or (PER_MONTH.search(clause) if counted else None):
            # As evidence of a finding, these counts are for a month.
            period = "the time of observation" if figure.kind is Kind.COUNT else "a month"
            yield f"leave out {shared[0]!r}: the value is for {period}, and for all together"


def _is_common(word: str) -> bool:
    patterns = (_ALL, *(cue for group in _CUES for cue in group.values()))
    return word.lower() in _PLAIN_WORDS or any(pattern.fullmatch(word) for pattern in patterns)


def _pattern(topic: str) -> re.Pattern[str]:
    """Return the words of a topic: those of a rule's name and its synonyms, otherwise the topic itself."""
    words = [re.escape(topic)]
    if topic in RULE_TITLES:
        stems = [part.removesuffix("s") for part in topic.split("-") if part not in _GENERIC]
        words = [f"{stem}s?" for stem in stems or [topic.replace("-", r"[\s-]").removesuffix("s")]]
    return re.compile(rf"(?<![\w-])(?:{'|'.join([*words, *_SYNONYMS.get(topic, [])])})(?![\w-])", re.IGNORECASE)
