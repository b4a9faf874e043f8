"""Checks that each figure in the model's text was returned by a tool."""

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

# Figures that need no tool: the hours of a month and of a day.
_COMMON = f"{HOURS_PER_MONTH} hours, 24 hours"
# A refusal stays short, however many figures are wrong.
_MAX_PROBLEMS = 20
_MAX_AROUND = 120
_BETWEEN_SENTENCES = re.compile(r"(?<=[^\W\d][.!?])\s+|(?<=[%)\"'][.!?])\s+|\n+")


class UntrueNarrativeError(ValueError):
    """A narrative contains figures that no tool returned. The message lists them and the remedy."""


@dataclass(frozen=True, kw_only=True)
class ToolResults:
    """The documents that the tools return.

    Attributes:
        account: Documents about the account and about the inspected functions.
        functions: Documents about each function, by name. Their figures are accepted where the function is named.
    """

    account: Sequence[Any]
    functions: Mapping[str, Sequence[Any]]


def check(narrative: Narrative, assessment: Assessment, results: ToolResults) -> None:
    """Refuse figures that no tool returned.

    A figure may be rounded to fewer digits, for example 491.58 to 492, but not by more than a twentieth. Its unit must
    match: 900 seconds are neither 900 minutes nor 900 dollars. Figures about one function are accepted where the
    function is named. Names, dates, versions, list markers and times to watch something are not figures. Numbers in
    words are figures where they count or measure something that tools return.

    Args:
        narrative: The model's text.
        assessment: The assessment that the text is about.
        results: What the tools returned.

    Raises:
        UntrueNarrativeError: The text contains unknown figures, or remarks on unknown findings.
    """
    every_name = _names(assessment)
    common = Known([*results.account, _COMMON], every_name)
    # A function named 500 or 10k must not hide an amount, or its owner could make any figure pass.
    names = frozenset(name for name in every_name if name == plain(name) and not is_figure(name))
    names |= {assessment.facts.account}
    findings = {finding.identifier: finding.function for finding in assessment.findings}
    problems: list[str] = []
    for where, words in [("summary", narrative.summary), *narrative.remarks.items()]:
        text = plain(words)
        about = mentioned(text, results.functions) | ({findings[where]} if where in findings else set())
        own = Known([document for name in sorted(about) for document in results.functions[name]], every_name)
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
        "function that a figure is about. Do not add, average, annualise, convert or estimate: write the sentence "
        "without a figure instead."
    )


def computed(assessment: Assessment) -> Narrative:
    """Compute a narrative from the figures, for a run whose model wrote none."""
    opportunities = assessment.findings_of(Category.OPPORTUNITY)
    functions = len(assessment.functions)
    verb = "costs" if functions == 1 else "cost"
    sentences = [f"{_counted(functions, 'Lambda function')} {verb} {usd(assessment.cost)} a month at list prices."]
    if opportunities:
        share = percent(assessment.saving, assessment.cost)
        largest, issue = opportunities[0], RULE_TITLES[opportunities[0].rule].lower()
        sentences += [
            f"{_counted(len(opportunities), 'change')} would save {usd(assessment.saving)} of it ({share}).",
            f"The largest is on {largest.function} ({issue}): {usd(largest.saving)} a month.",
        ]
    else:
        sentences.append("No change would save a notable amount.")
    if assessment.facts.gaps:
        sentences.append("Not everything could be read: see the gaps.")
    return Narrative(summary=" ".join(sentences), author=COMPUTED)


def _sentence(text: str, place: int) -> str:
    """Return the sentence around a position, shortened if it is long."""
    start, end = 0, len(text)
    for boundary in _BETWEEN_SENTENCES.finditer(text):
        if boundary.end() <= place:
            start = boundary.end()
        elif boundary.start() > place:
            end = boundary.start()
            break
    return text[max(start, place - _MAX_AROUND) : min(end, place + _MAX_AROUND)].strip()


def _names(assessment: Assessment) -> frozenset[str]:
    """Return names that may contain numbers which are not figures."""
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
