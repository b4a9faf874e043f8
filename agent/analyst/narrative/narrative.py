"""The check that keeps the model's words true: no figure in them that no tool has returned."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from agent.analyst.analysis.estate import Assessment
from agent.analyst.analysis.finding import Category
from agent.analyst.analysis.profile import HOURS_PER_MONTH
from agent.analyst.narrative.figures import is_figure, mentioned, named, plain
from agent.analyst.narrative.known import Known
from agent.analyst.report.document import COMPUTED, RULE_TITLES, Narrative, percent, usd

# What everybody knows without a tool: how a month is counted, and a day.
_COMMON = f"{HOURS_PER_MONTH} hours, 24 hours"
# A refusal is to be read at once, however wrong the words are.
_MAX_PROBLEMS = 20
_MAX_AROUND = 120
_BETWEEN_SENTENCES = re.compile(r"(?<=[^\W\d][.!?])\s+|(?<=[%)\"'][.!?])\s+|\n+")


class UntrueNarrativeError(ValueError):
    """A narrative names figures that no tool has returned; the message lists them and says what to do."""


@dataclass(frozen=True, kw_only=True)
class ToolResults:
    """What the tools tell, as the documents that they return.

    Attributes:
        account: What they tell of the account, and of the functions that were looked at closely.
        functions: What there is to tell of each function, by its name: it may be said where the function is named.
    """

    account: Sequence[Any]
    functions: Mapping[str, Sequence[Any]]


def check(narrative: Narrative, assessment: Assessment, told: ToolResults) -> None:
    """Refuse every number that no tool has told.

    A figure may be rounded to fewer digits, as 491.58 to 492, but not by more than a twentieth. It is known as what it
    counts: told as seconds, it is neither minutes nor dollars. What is told of one function is known where that one is
    named. Names, dates, versions, list markers and how long to watch something are no figures; numbers in words are,
    where they count or measure what tools tell.

    Args:
        narrative: The model's words.
        assessment: What they are about.
        told: Whatever the tools told may be said.

    Raises:
        UntrueNarrativeError: Lists every figure that is not known with its sentence, and every remark on an unknown
            finding.
    """
    every_name = _names(assessment)
    common = Known([*told.account, _COMMON], every_name)
    # A function that is called 500 or 10k hides no amount: else who names functions could have anything said.
    names = frozenset(name for name in every_name if name == plain(name) and not is_figure(name))
    names |= {assessment.facts.account}
    findings = {finding.identifier: finding.function for finding in assessment.findings}
    problems: list[str] = []
    for where, words in [("summary", narrative.summary), *narrative.remarks.items()]:
        text = plain(words)
        about = mentioned(text, told.functions) | ({findings[where]} if where in findings else set())
        own = Known([document for name in sorted(about) for document in told.functions[name]], every_name)
        problems += [
            f"{where}: {figure.text!r} is not known, in {_sentence(text, figure.start)!r}"
            for figure in named(text, names)
            if not common.holds(figure) and not own.holds(figure)
        ]
    problems += [f"{key}: there is no such finding" for key in narrative.remarks if key not in findings]
    if problems:
        raise UntrueNarrativeError(_refusal(problems))


def _refusal(problems: Sequence[str]) -> str:
    left = len(problems) - _MAX_PROBLEMS
    more = [f"- and {left:,} more"] if left > 0 else []
    lines = ["The narrative was not accepted:", *(f"- {problem}" for problem in problems[:_MAX_PROBLEMS]), *more]
    return "\n".join(lines) + (
        "\nUse only figures that the tools returned, exactly as they wrote them, with the same units, and name the "
        "function that a figure is about. Do not add, average, annualise, convert or estimate; say it without a figure "
        "instead."
    )


def computed(assessment: Assessment) -> Narrative:
    """A plain narrative from the figures alone, for a run whose model wrote none."""
    opportunities = assessment.findings_of(Category.OPPORTUNITY)
    functions = len(assessment.functions)
    verb = "costs" if functions == 1 else "cost"
    sentences = [f"{_counted(functions, 'Lambda function')} {verb} {usd(assessment.cost)} a month at list prices."]
    if opportunities:
        share = percent(assessment.saving, assessment.cost)
        largest, matter = opportunities[0], RULE_TITLES[opportunities[0].rule].lower()
        sentences += [
            f"{_counted(len(opportunities), 'change')} would save {usd(assessment.saving)} of it ({share}).",
            f"The largest is on {largest.function} ({matter}): {usd(largest.saving)} a month.",
        ]
    else:
        sentences.append("No change would save a notable amount.")
    if assessment.facts.gaps:
        sentences.append("Not everything could be read: see the gaps.")
    return Narrative(summary=" ".join(sentences), author=COMPUTED)


def _sentence(text: str, place: int) -> str:
    """The sentence in which a place is, or what surrounds the place in a long one."""
    start, end = 0, len(text)
    for boundary in _BETWEEN_SENTENCES.finditer(text):
        if boundary.end() <= place:
            start = boundary.end()
        elif boundary.start() > place:
            end = boundary.start()
            break
    return text[max(start, place - _MAX_AROUND) : min(end, place + _MAX_AROUND)].strip()


def _names(assessment: Assessment) -> frozenset[str]:
    """Whatever may have a number in it that is no figure."""
    profiles = [function.profile for function in assessment.functions]
    runtimes = {profile.runtime for profile in profiles if profile.runtime}
    names = (
        {finding.identifier for finding in assessment.findings}
        | runtimes
        | {name for profile in profiles for name in (profile.arn, profile.log_group_name, profile.name)}
        | {one.qualifier for profile in profiles for one in profile.provisioned or ()}
    )
    return frozenset({*names, assessment.facts.account} - {""})


def _counted(number: int, noun: str) -> str:
    return f"{number:,} {noun}" + ("" if number == 1 else "s")
