"""The report as Markdown, for terminals, tickets and chats."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from agent.analyst.analysis.combine import FunctionAssessment
from agent.analyst.analysis.finding import Category, Finding
from agent.analyst.report import headings, method
from agent.analyst.report.document import RULE_TITLES, Changes, Report, percent, usd
from agent.analyst.report.gaps import MAX_NAMED, NO_GAPS, NOT_JUDGED, UndecidedFunctions, affected, undecided
from agent.analyst.report.markdown_text import code_block, code_span, escaped, escaped_lines, unmarked
from agent.harness.journal.visible_text import visible

_TOP_FUNCTIONS = 20
_MAX_CHANGES = 20


def render(report: Report) -> str:
    """Render the report as Markdown."""
    return visible("\n".join(line for section in _sections(report) for line in (*section, ""))) + "\n"


def _sections(report: Report) -> Iterable[list[str]]:
    assessment = report.assessment
    facts = assessment.facts
    account = f" of account {escaped(facts.account)}" if facts.account else ""
    yield [f"# AWS Lambda costs{account}"]
    yield [f"## {headings.SUMMARY}"]
    yield [
        "\n\n".join(escaped_lines(paragraph) for paragraph in re.split(r"\n\s*\n", report.narrative.summary.strip()))
    ]
    if report.changes is not None:
        yield _changes(report.changes)
    yield [f"## {headings.OVERVIEW}"]
    yield [
        "| Functions | Cost per month | Possible saving | Share |",
        "|---:|---:|---:|---:|",
        f"| {len(assessment.functions):,} | {usd(assessment.cost)} | {usd(assessment.saving)} "
        f"| {percent(assessment.saving, assessment.cost)} |",
    ]
    yield from _opportunities(report)
    yield from _list(report, Category.MINOR, headings.MINOR_SAVINGS)
    yield from _list(report, Category.ADVICE, headings.OTHER_RECOMMENDATIONS)
    yield _spend(report)
    yield _gaps(report)
    yield _method(report)


def _opportunities(report: Report) -> Iterable[list[str]]:
    findings = report.assessment.findings_of(Category.OPPORTUNITY)
    yield [f"## {headings.OPPORTUNITIES}"]
    if not findings:
        yield ["None found."]
    for number, finding in enumerate(findings, 1):
        yield _finding(number, finding, report.narrative.remarks.get(finding.identifier))


def _finding(number: int, finding: Finding, remark: str | None) -> list[str]:
    proposal = finding.proposal
    evidence = "; ".join(f"{label}: {value}" for label, value in proposal.evidence.items())
    lines = [
        f"### {number}. {escaped(finding.function)}: {usd(finding.saving)} a month",
        "",
        f"**{escaped(proposal.title)}.** {escaped(proposal.change.summary)}.",
    ]
    if remark:
        lines += ["", f"> {escaped(remark)}"]
    lines += [
        "",
        f"- Evidence: {escaped(evidence)}",
        f"- Saving: {escaped(finding.formula)} = {usd(finding.saving)}",
    ]
    if proposal.assumption:
        lines.append(f"- Assumption: {escaped(proposal.assumption)}")
    return [
        *lines,
        f"- Confidence {proposal.confidence.value}, risk {proposal.risk.value}: {escaped(proposal.risk_reason)}",
        f"- Pulumi: {code_span(proposal.change.pulumi)}",
        "",
        *code_block(proposal.change.cli),
    ]


def _list(report: Report, category: Category, heading: str) -> Iterable[list[str]]:
    findings = report.assessment.findings_of(category)
    if findings:
        yield [
            f"## {heading}",
            "",
            _row(headings.FINDING_COLUMNS),
            "|---|---|---|---:|",
            *(
                f"| {escaped(finding.function)} | {escaped(finding.proposal.title)} "
                f"| {escaped(finding.proposal.change.summary)} | {usd(finding.saving)} |"
                for finding in findings
            ),
        ]


def _spend(report: Report) -> list[str]:
    functions = report.assessment.functions
    lines = [
        f"## {headings.COST_BY_FUNCTION}",
        "",
        "| Function | Region | Memory | Invocations | Cost per month | Saving |",
        "|---|---|---:|---:|---:|---:|",
        *map(_spent, functions[:_TOP_FUNCTIONS]),
    ]
    if len(functions) > _TOP_FUNCTIONS:
        lines += ["", f"The other {len(functions) - _TOP_FUNCTIONS:,} functions are in findings.json."]
    return lines


def _spent(function: FunctionAssessment) -> str:
    profile = function.profile
    invocations = f"{profile.usage.invocations:,}" if profile.usage else "not known"
    return (
        f"| {escaped(profile.name)} | {escaped(profile.region)} | {profile.memory_mb:,} MB | {invocations} "
        f"| {usd(function.cost)} | {usd(function.saving)} |"
    )


def _changes(changes: Changes) -> list[str]:
    lines = [f"## {headings.changes(changes.since)}", ""]
    if not changes:
        lines += ["Nothing has changed.", ""]
    groups = (
        ("New", changes.new),
        ("Resolved", tuple(changes.resolved)),
        ("Regressed", changes.regressed),
        ("Not judged this time", [f"{one.identifier} ({one.reason})" for one in changes.not_judged]),
    )
    return [*lines, *(f"- {label}: {_some(found)}" for label, found in groups if found)]


def _some(texts: Sequence[str]) -> str:
    more = [f"and {len(texts) - _MAX_CHANGES:,} more in findings.json"] if len(texts) > _MAX_CHANGES else []
    return ", ".join([*map(escaped, texts[:_MAX_CHANGES]), *more])


def _gaps(report: Report) -> list[str]:
    gaps = report.assessment.facts.gaps
    not_judged = undecided(report.assessment)
    lines = [f"## {headings.GAPS}"]
    if not gaps and not not_judged:
        return [*lines, "", NO_GAPS]
    if gaps:
        lines += ["", _row(headings.GAP_COLUMNS), "|---|---|---:|---|---|"]
        lines += [
            f"| {escaped(gap.source)} | {escaped(gap.region)} | {affected(gap)} | {escaped(gap.reason)} "
            f"| {escaped(gap.effect)} |"
            for gap in gaps
        ]
    if not_judged:
        lines += ["", NOT_JUDGED, "", _row(headings.UNDECIDED_COLUMNS), "|---|---:|---|---|"]
        lines += [_undecided(one) for one in not_judged]
    return lines


def _undecided(one: UndecidedFunctions) -> str:
    names = ", ".join(escaped(name) for name in one.functions[:MAX_NAMED])
    return f"| {RULE_TITLES[one.rule]} | {len(one.functions):,} | {escaped(one.reason)} | {names} |"


def _method(report: Report) -> list[str]:
    # Links stay: they are the sources of the prices.
    return [f"## {headings.METHOD}", "", *(f"- {unmarked(sentence)}" for sentence in method.sentences(report))]


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"
