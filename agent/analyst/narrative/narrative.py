"""Turns the model's text into the report's: checks it, and fills in its figures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from agent.analyst.analysis.estate import Assessment
from agent.analyst.analysis.finding import Category
from agent.analyst.narrative import text as texts
from agent.analyst.narrative.keys import Figures
from agent.analyst.narrative.vocabulary import Vocabulary, plain
from agent.analyst.report.document import COMPUTED, RULE_TITLES, Narrative, percent, usd
from agent.analyst.report.owners import owners

# A refusal stays short, however much is wrong.
_MAX_PROBLEMS = 20
_MAX_OWNERS = 5


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
    vocabulary = Vocabulary(figures, _names(assessment), assessment.facts.account)
    problems: list[str] = []

    def fill(where: str, words: str, **about: str) -> str:
        words = plain(words)
        text, found = texts.fill(words, vocabulary, **about)
        problems.extend(f"{where}: {one.what}, in {texts.sentence_of(words, one.place)!r}" for one in found)
        return text

    summary = fill("summary", narrative.summary)
    remarks: dict[str, str] = {}
    for finding, words in narrative.remarks.items():
        if finding not in findings:
            problems.append(f"{finding}: there is no such finding")
            continue
        function, _, rule = finding.partition(".")
        remarks[findings[finding]] = fill(finding, words, function=function, topic=rule)
    if problems:
        raise UntrueNarrativeError(_refusal(problems))
    return Narrative(summary=summary, remarks=remarks, author=narrative.author)


def computed(assessment: Assessment) -> Narrative:
    """Compute a narrative from the figures, for a run whose model wrote none."""
    opportunities = assessment.findings_of(Category.OPPORTUNITY)
    functions = len(assessment.functions)
    verb = "costs" if functions == 1 else "cost"
    shared = f", {usd(assessment.shared_cost)} of it for shared log groups" if assessment.shared else ""
    sentences = [
        f"{_counted(functions, 'Lambda function')} {verb} {usd(assessment.cost)} a month at list prices{shared}."
    ]
    if opportunities:
        share = percent(assessment.saving, assessment.cost)
        largest, issue = opportunities[0], RULE_TITLES[opportunities[0].rule].lower()
        sentences += [
            f"{_counted(len(opportunities), 'change')} would save {usd(assessment.saving)} of it ({share}).",
            f"The largest is on {largest.function} ({issue}): {usd(largest.saving)} a month.",
        ]
    else:
        sentences.append("No change would save a notable amount.")
    sentences += _by_owner(assessment)
    if assessment.facts.gaps:
        sentences.append("Not everything could be read: see the gaps.")
    return Narrative(summary=" ".join(sentences), author=COMPUTED)


def _by_owner(assessment: Assessment) -> Sequence[str]:
    """Write whose cost it is: the most expensive owners, and the functions without one."""
    if not assessment.facts.group_by_tag:
        return []
    found = owners(assessment)
    listed = [
        *[one for one in found if one.name is not None][:_MAX_OWNERS],
        *(one for one in found if one.name is None),
    ]
    return [
        f"{one.name or 'Functions without an owner'}: {usd(one.cost)} a month, of which "
        f"{_counted(one.opportunities, 'change')} would save {usd(one.saving)}; "
        f"{_counted(one.recommendations, 'recommendation')}."
        for one in listed
    ]


def _refusal(problems: Sequence[str]) -> str:
    left = len(problems) - _MAX_PROBLEMS
    more = [f"- and {left:,} more"] if left > 0 else []
    lines = ["The narrative was not accepted:", *(f"- {problem}" for problem in problems[:_MAX_PROBLEMS]), *more]
    return "\n".join(lines) + (
        "\nName each figure by its key in braces, say in the same clause what it is and what it is about, and write no "
        "other number."
    )


def _names(assessment: Assessment) -> frozenset[str]:
    """Return names that may have digits, those of functions left out."""
    profiles = [function.profile for function in assessment.functions]
    return frozenset(
        {finding.identifier for finding in assessment.findings}
        | set(RULE_TITLES)
        | {name for profile in profiles for name in (profile.arn, profile.log_group_name, profile.region)}
        | {profile.runtime for profile in profiles if profile.runtime}
        | {one.qualifier for profile in profiles for one in profile.provisioned or ()}
        | set(assessment.facts.regions)
        | {profile.owner for profile in profiles if profile.owner}
    )


def _counted(number: int, noun: str) -> str:
    return f"{number:,} {noun}" + ("" if number == 1 else "s")
