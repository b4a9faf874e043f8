"""The check that keeps the model's words true: no amount, no percentage and no size that the facts do not hold."""

from __future__ import annotations

import re
from collections.abc import Iterable
from decimal import Decimal

from agent.analysis.estate import Assessment
from agent.analysis.finding import Standing
from agent.report.document import RULE_TITLES, Narrative, percent, usd

_NUMBER = r"\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?"
_AMOUNT = re.compile(
    rf"(?:US\$|USD|\$|€|£|EUR)\s*(?P<before>{_NUMBER})(?P<scale>\s*(?:k|m|bn|thousand|million|billion)\b)?"
    rf"|(?P<after>{_NUMBER})\s*(?:USD|EUR|dollars?|cents?|euros?|bucks)\b",
    re.IGNORECASE,
)
_PERCENTAGE = re.compile(rf"(?P<number>{_NUMBER})\s*(?:%|percent\b|per cent\b|percentage points?\b)", re.IGNORECASE)


class UntrueNarrativeError(ValueError):
    """A narrative names figures that the findings do not hold; the message lists them and says what to do."""


def check(narrative: Narrative, assessment: Assessment) -> None:
    """Refuse figures that are not the findings' own.

    An amount may be written with its cents or rounded to whole dollars, a percentage with its decimal or without.

    Raises:
        UntrueNarrativeError: Lists every figure that is not known, and every remark on an unknown finding.
    """
    problems: list[str] = []
    amounts, percentages = _known(assessment)
    for where, text in [("summary", narrative.summary), *narrative.remarks.items()]:
        problems += [f"{where}: {figure!r} is not in the findings" for figure in _unknown(text, amounts, percentages)]
    known_findings = {finding.identifier for finding in assessment.findings}
    problems += [f"{key}: there is no such finding" for key in narrative.remarks if key not in known_findings]
    if problems:
        raise UntrueNarrativeError(
            "The narrative was not accepted:\n"
            + "\n".join(f"- {problem}" for problem in problems)
            + "\nUse only figures that find_savings returned, exactly as it wrote them. Do not add, average, annualise "
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
    return Narrative(summary=" ".join(sentences), author="computed")


def _unknown(text: str, amounts: set[Decimal], percentages: set[Decimal]) -> Iterable[str]:
    for match in _AMOUNT.finditer(text):
        number = _decimal(match["before"] or match["after"])
        if match["scale"] or number not in amounts:
            yield match[0]
    for match in _PERCENTAGE.finditer(text):
        if _decimal(match["number"]) not in percentages:
            yield match[0]


def _known(assessment: Assessment) -> tuple[set[Decimal], set[Decimal]]:
    exact = {assessment.cost, assessment.saving, *assessment.saving_by_rule.values()}
    shares = {percent(assessment.saving, assessment.cost)}
    shares |= {percent(saving, assessment.saving) for saving in assessment.saving_by_rule.values()}
    for function in assessment.functions:
        exact |= {function.cost, function.saving, *(finding.saving for finding in function.findings)}
        shares |= {percent(function.cost, assessment.cost), percent(function.saving, function.cost)}
        shares |= {percent(finding.saving, function.cost) for finding in function.findings}
    quoted = [
        text
        for finding in assessment.findings
        for text in (finding.proposal.title, finding.proposal.assumption, *finding.proposal.evidence.values())
    ]
    for text in quoted:
        shares |= {match["number"] + "%" for match in _PERCENTAGE.finditer(text)}
    decimals = {_decimal(share.removesuffix("%")) for share in shares}
    return (
        exact | {amount.quantize(Decimal(1)) for amount in exact},
        decimals | {share.quantize(Decimal(1)) for share in decimals},
    )


def _counted(number: int, noun: str) -> str:
    return f"{number:,} {noun}" + ("" if number == 1 else "s")


def _decimal(number: str) -> Decimal:
    return Decimal(number.replace(",", ""))
