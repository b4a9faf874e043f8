"""The report as Markdown, for terminals, tickets and chats."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from agent.analyst.analysis.combine import FunctionAssessment
from agent.analyst.analysis.finding import Category, Finding
from agent.analyst.report import headings, method
from agent.analyst.report.document import RULE_TITLES, Changes, Report, percent, usd
from agent.analyst.report.gaps import MAX_NAMED, NO_GAPS, NOT_JUDGED, Undecided, affected, undecided

_TOP_FUNCTIONS = 20
_MAX_CHANGES = 20
# Characters with a meaning within a line in CommonMark and on GitHub. An underscore within a word has none.
_INLINE = re.compile(r"[\\`*\[\]<>|~]|(?<!\w)_|_(?!\w)")
# Characters that begin a heading or a list. Lines are trimmed, so they cannot begin a code block.
_LEADING = re.compile(r"^([#+=-])")
_NUMBERED = re.compile(r"^(\d{1,9})([.)])(?=\s|$)")
# GitHub turns plain addresses into links.
_ADDRESS = re.compile(r"(?i)(:)(?=//)|(www)(?=\.)")


def render(report: Report) -> str:
    """Render the report as Markdown."""
    return "\n".join(line for section in _sections(report) for line in (*section, "")) + "\n"


def _sections(report: Report) -> Iterable[list[str]]:
    assessment = report.assessment
    facts = assessment.facts
    account = f" of account {_escaped(facts.account)}" if facts.account else ""
    yield [f"# AWS Lambda costs{account}"]
    yield [f"## {headings.SUMMARY}"]
    yield ["\n\n".join(_lines(paragraph) for paragraph in re.split(r"\n\s*\n", report.narrative.summary.strip()))]
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
        f"### {number}. {_escaped(finding.function)}: {usd(finding.saving)} a month",
        "",
        f"**{_escaped(proposal.title)}.** {_escaped(proposal.change.summary)}.",
    ]
    if remark:
        lines += ["", f"> {_escaped(remark)}"]
    lines += [
        "",
        f"- Evidence: {_escaped(evidence)}",
        f"- Saving: {_escaped(finding.formula)} = {usd(finding.saving)}",
    ]
    if proposal.assumption:
        lines.append(f"- Assumption: {_escaped(proposal.assumption)}")
    return [
        *lines,
        f"- Confidence {proposal.confidence.value}, risk {proposal.risk.value}: {_escaped(proposal.risk_reason)}",
        f"- Pulumi: {_code(proposal.change.pulumi)}",
        "",
        *_block(proposal.change.cli),
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
                f"| {_escaped(finding.function)} | {_escaped(finding.proposal.title)} "
                f"| {_escaped(finding.proposal.change.summary)} | {usd(finding.saving)} |"
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
        f"| {_escaped(profile.name)} | {_escaped(profile.region)} | {profile.memory_mb:,} MB | {invocations} "
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
    return ", ".join([*map(_escaped, texts[:_MAX_CHANGES]), *more])


def _gaps(report: Report) -> list[str]:
    gaps = report.assessment.facts.gaps
    not_judged = undecided(report.assessment)
    lines = [f"## {headings.GAPS}"]
    if not gaps and not not_judged:
        return [*lines, "", NO_GAPS]
    if gaps:
        lines += ["", _row(headings.GAP_COLUMNS), "|---|---|---:|---|---|"]
        lines += [
            f"| {_escaped(gap.source)} | {_escaped(gap.region)} | {affected(gap)} | {_escaped(gap.reason)} "
            f"| {_escaped(gap.effect)} |"
            for gap in gaps
        ]
    if not_judged:
        lines += ["", NOT_JUDGED, "", _row(headings.UNDECIDED_COLUMNS), "|---|---:|---|---|"]
        lines += [_undecided(one) for one in not_judged]
    return lines


def _undecided(one: Undecided) -> str:
    names = ", ".join(_escaped(name) for name in one.functions[:MAX_NAMED])
    return f"| {RULE_TITLES[one.rule]} | {len(one.functions):,} | {_escaped(one.reason)} | {names} |"


def _method(report: Report) -> list[str]:
    # Links stay: they are the sources of the prices.
    return [f"## {headings.METHOD}", "", *(f"- {_unmarked(sentence)}" for sentence in method.sentences(report))]


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _lines(paragraph: str) -> str:
    """Escape a paragraph and keep its line breaks."""
    return "\n".join(_escaped(line) for line in paragraph.splitlines() if line.strip())


def _escaped(text: str) -> str:
    """Escape text into one line without markup or links."""
    return _ADDRESS.sub(lambda found: f"{found[0]}\\", _unmarked(text))


def _unmarked(text: str) -> str:
    """Escape text into one line without markup; addresses stay links."""
    text = _INLINE.sub(r"\\\g<0>", " ".join(text.split()))
    return _NUMBERED.sub(r"\1\\\2", _LEADING.sub(r"\\\1", text))


def _code(text: str) -> str:
    """Return a code span that its content cannot end."""
    fence = "`" * (_longest_run(text) + 1)
    return f"{fence} {text} {fence}" if "`" in text else f"{fence}{text}{fence}"


def _block(commands: str) -> list[str]:
    """Return a code block that its content cannot end."""
    fence = "`" * max(3, _longest_run(commands) + 1)
    return [f"{fence}sh", commands, fence]


def _longest_run(text: str) -> int:
    return max((len(run) for run in re.findall("`+", text)), default=0)
