"""The check that keeps the model's words true: no amount, share or quantity that the findings do not hold."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal

from agent.analysis.combine import FunctionAssessment
from agent.analysis.estate import Assessment
from agent.analysis.finding import Finding, Standing
from agent.report.document import COMPUTED, RULE_TITLES, Narrative, percent, usd

_NUMBER = r"\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?"
_ANY_NUMBER = re.compile(_NUMBER)
_AMOUNT = re.compile(
    rf"(?:US\$|USD|\$|€|£|EUR)\s*(?P<before>{_NUMBER})(?P<scale>\s*(?:k|m|bn|thousand|million|billion)\b)?"
    rf"|(?P<after>{_NUMBER})\s*(?:USD|EUR|dollars?|cents?|euros?|bucks)\b",
    re.IGNORECASE,
)
_PERCENTAGE = re.compile(rf"(?P<number>{_NUMBER})\s*(?:%|percent\b|per cent\b|percentage points?\b)", re.IGNORECASE)
_MEASURE = re.compile(
    rf"(?<![\w.])(?P<number>{_NUMBER})\s*(?:[KMGT]B|GB-s|ms|milliseconds?|s|seconds?|minutes?|hours?|days?)\b"
)
_COUNT = re.compile(
    rf"(?<![\w.])(?P<number>{_NUMBER})\s*"
    r"(?:functions?|changes?|findings?|opportunities|invocations?|calls?|runs?|errors?|throttles?|requests?)\b",
    re.IGNORECASE,
)

# Amounts from here on may be written in whole dollars.
_ROUNDED_FROM_USD = Decimal(10)
# A model may pick a few ("these 3 changes") without a tool having counted them.
_COUNTED_BY_HAND = 12


class UntrueNarrativeError(ValueError):
    """A narrative names figures that the findings do not hold; the message lists them and says what to do."""


@dataclass(frozen=True, kw_only=True)
class _Known:
    """Every figure that a narrative may name."""

    amounts: frozenset[Decimal]
    percentages: frozenset[Decimal]
    quantities: frozenset[Decimal]


def check(narrative: Narrative, assessment: Assessment) -> None:
    """Refuse figures that are not the findings' own.

    An amount from ten dollars up may be rounded to whole dollars, and a percentage may be written without its decimal.

    Raises:
        UntrueNarrativeError: Lists every figure that is not known, and every remark on an unknown finding.
    """
    problems: list[str] = []
    known = _known(assessment)
    for where, text in [("summary", narrative.summary), *narrative.remarks.items()]:
        problems += [f"{where}: {figure!r} is not in the findings" for figure in _unknown(text, known)]
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


def _unknown(text: str, known: _Known) -> Iterator[str]:
    for match in _AMOUNT.finditer(text):
        if match["scale"] or _decimal(match["before"] or match["after"]) not in known.amounts:
            yield match[0]
    for match in _PERCENTAGE.finditer(text):
        if _decimal(match["number"]) not in known.percentages:
            yield match[0]
    for match in _MEASURE.finditer(text):
        if _decimal(match["number"]) not in known.quantities:
            yield match[0]
    for match in _COUNT.finditer(text):
        number = _decimal(match["number"])
        if number > _COUNTED_BY_HAND and number not in known.quantities:
            yield match[0]


def _known(assessment: Assessment) -> _Known:
    amounts = {assessment.cost, assessment.saving, *assessment.saving_by_rule.values()}
    shares = {percent(assessment.saving, assessment.cost)}
    shares |= {percent(saving, assessment.saving) for saving in assessment.saving_by_rule.values()}
    for function in assessment.functions:
        amounts |= {function.cost, function.saving, *(finding.saving for finding in function.findings)}
        shares |= {percent(function.cost, assessment.cost), percent(function.saving, function.cost)}
        shares |= {percent(finding.saving, function.cost) for finding in function.findings}
    quoted = [text for finding in assessment.findings for text in _texts(finding)]
    percentages = {_decimal(share.removesuffix("%")) for share in shares}
    percentages |= {_decimal(match["number"]) for text in quoted for match in _PERCENTAGE.finditer(text)}
    quantities = {_decimal(number) for text in quoted for number in _ANY_NUMBER.findall(text)}
    quantities |= {Decimal(number) for function in assessment.functions for number in _measured(function)}
    return _Known(
        amounts=frozenset(amounts | {amount.quantize(Decimal(1)) for amount in amounts if amount >= _ROUNDED_FROM_USD}),
        percentages=frozenset(percentages | {share.quantize(Decimal(1)) for share in percentages}),
        quantities=frozenset(quantities | {Decimal(number) for number in _totals(assessment)}),
    )


def _texts(finding: Finding) -> Iterable[str]:
    proposal = finding.proposal
    texts = (proposal.title, proposal.assumption, proposal.risk_reason, proposal.change.summary, finding.formula)
    return (*texts, *proposal.evidence.values())


def _measured(function: FunctionAssessment) -> Iterable[int]:
    profile = function.profile
    yield from (profile.memory_mb, profile.timeout_seconds, profile.ephemeral_storage_mb)
    if profile.memory:
        yield profile.memory.peak_mb
    if usage := profile.usage:
        yield from (usage.invocations, usage.errors, usage.throttles, round(usage.average_ms))
        yield from (round(milliseconds) for milliseconds in (usage.p95_ms, usage.p99_ms) if milliseconds is not None)


def _totals(assessment: Assessment) -> Iterable[int]:
    yield round(assessment.facts.window.days)
    yield len(assessment.functions)
    yield len(assessment.findings)
    ran = sum(bool(function.profile.usage and function.profile.usage.invocations) for function in assessment.functions)
    yield from (ran, len(assessment.functions) - ran)
    for standing in Standing:
        findings = assessment.standing(standing)
        yield len(findings)
        yield len({finding.function for finding in findings})
    for rule in RULE_TITLES:
        yield sum(finding.rule == rule for finding in assessment.findings)


def _counted(number: int, noun: str) -> str:
    return f"{number:,} {noun}" + ("" if number == 1 else "s")


def _decimal(number: str) -> Decimal:
    return Decimal(number.replace(",", ""))
