"""The check that keeps the model's words true: no figure in them that no tool has returned."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

from agent.analysis.estate import Assessment
from agent.analysis.finding import Standing
from agent.analysis.profile import HOURS_PER_MONTH
from agent.report.document import COMPUTED, RULE_TITLES, Narrative, percent, usd
from agent.report.figures import Known, named

# What everybody knows without a tool: how a month is counted, and a day.
_COMMON = (HOURS_PER_MONTH, 24)
_BETWEEN_SENTENCES = re.compile(r"(?<=[^\W\d][.!?])\s+|(?<=[%)\"'][.!?])\s+|\n+")


class UntrueNarrativeError(ValueError):
    """A narrative names figures that no tool has returned; the message lists them and says what to do."""


def check(narrative: Narrative, assessment: Assessment, told: Iterable[Any]) -> None:
    """Refuse figures that no tool has returned.

    A figure may be rounded to fewer decimals, as 491.58 to 492, unless it is small. Names of functions, dates, versions
    and list markers are no figures; numbers in words count where they stand before money, a share or "times".

    Args:
        narrative: The model's words.
        assessment: What they are about.
        told: The documents that the tools return: whatever they say may be said.

    Raises:
        UntrueNarrativeError: Lists every figure that is not known with its sentence, and every remark on an unknown
            finding.
    """
    problems: list[str] = []
    names = _names(assessment)
    known = Known([*told, _COMMON], names)
    for where, text in [("summary", narrative.summary), *narrative.remarks.items()]:
        problems += [
            f"{where}: {figure!r} is not known, in {sentence!r}" for figure, sentence in _unknown(text, known, names)
        ]
    findings = {finding.identifier for finding in assessment.findings}
    problems += [f"{key}: there is no such finding" for key in narrative.remarks if key not in findings]
    if problems:
        raise UntrueNarrativeError(
            "The narrative was not accepted:\n"
            + "\n".join(f"- {problem}" for problem in problems)
            + "\nUse only figures that the tools returned, exactly as they wrote them. Do not add, average, annualise "
            "or estimate; say it without a figure instead."
        )


def computed(assessment: Assessment) -> Narrative:
    """A plain narrative from the figures alone, for a run whose model wrote none."""
    sold = assessment.standing(Standing.OPPORTUNITY)
    functions = len(assessment.functions)
    verb = "costs" if functions == 1 else "cost"
    sentences = [f"{_counted(functions, 'Lambda function')} {verb} {usd(assessment.cost)} a month at list prices."]
    if sold:
        share = percent(assessment.saving, assessment.cost)
        largest, matter = sold[0], RULE_TITLES[sold[0].rule].lower()
        sentences += [
            f"{_counted(len(sold), 'change')} would save {usd(assessment.saving)} of it ({share}).",
            f"The largest is on {largest.function} ({matter}): {usd(largest.saving)} a month.",
        ]
    else:
        sentences.append("No change would save a notable amount.")
    if assessment.facts.gaps:
        sentences.append("Not everything could be read: see the gaps.")
    return Narrative(summary=" ".join(sentences), author=COMPUTED)


def _unknown(text: str, known: Known, names: frozenset[str]) -> Iterator[tuple[str, str]]:
    for sentence in _BETWEEN_SENTENCES.split(text):
        for figure in named(sentence, names):
            if not known.holds(figure):
                yield figure.text, sentence.strip()


def _names(assessment: Assessment) -> frozenset[str]:
    """Whatever may have a number in it that is no figure."""
    profiles = [function.profile for function in assessment.functions]
    runtimes = {profile.runtime for profile in profiles if profile.runtime}
    return frozenset(
        {finding.identifier for finding in assessment.findings}
        | runtimes
        | {name for profile in profiles for name in (profile.arn, profile.log_group_name, profile.name)}
        | {one.qualifier for profile in profiles for one in profile.provisioned or () if not one.qualifier.isdigit()}
    )


def _counted(number: int, noun: str) -> str:
    return f"{number:,} {noun}" + ("" if number == 1 else "s")
