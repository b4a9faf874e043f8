"""The report as Markdown, for terminals, tickets and chats."""

from __future__ import annotations

from collections.abc import Iterable

from agent.analysis.finding import Finding, Standing
from agent.report.document import RULE_TITLES, Changes, Report, percent, priced_with, usd

_TOP_FUNCTIONS = 20
_ESCAPED = str.maketrans({character: f"\\{character}" for character in "\\`*_{}[]<>#|"})


def render(report: Report) -> str:
    """The report as Markdown."""
    return "\n".join(line for section in _sections(report) for line in (*section, "")) + "\n"


def _sections(report: Report) -> Iterable[list[str]]:
    assessment = report.assessment
    facts = assessment.facts
    account = f" of account {facts.account}" if facts.account else ""
    yield [f"# AWS Lambda costs{account}"]
    yield [report.narrative.summary]
    yield [
        "| Functions | Cost per month | Possible saving | Share |",
        "|---:|---:|---:|---:|",
        f"| {len(assessment.functions):,} | {usd(assessment.cost)} | {usd(assessment.saving)} "
        f"| {percent(assessment.saving, assessment.cost)} |",
    ]
    if report.changes is not None:
        yield _changes(report.changes)
    yield from _findings(report, Standing.OPPORTUNITY, "Opportunities")
    yield from _list(report, Standing.MINOR, "Minor savings, for when the function is changed anyway")
    yield from _list(report, Standing.ADVICE, "Advice that saves nothing by itself")
    yield _spend(report)
    yield _gaps(report)
    yield _method(report)


def _findings(report: Report, standing: Standing, heading: str) -> Iterable[list[str]]:
    findings = report.findings(standing)
    yield [f"## {heading}"]
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
        lines += ["", f"> {remark}"]
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
        f"- Pulumi: `{proposal.change.pulumi}`",
        "",
        "```sh",
        proposal.change.cli,
        "```",
    ]


def _list(report: Report, standing: Standing, heading: str) -> Iterable[list[str]]:
    findings = report.findings(standing)
    if findings:
        yield [
            f"## {heading}",
            "",
            "| Function | Matter | Change | Saving |",
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
        "## Spend by function",
        "",
        "| Function | Region | Memory | Invocations | Cost per month | Saving |",
        "|---|---|---:|---:|---:|---:|",
        *(
            f"| {_escaped(function.profile.name)} | {function.profile.region} | {function.profile.memory_mb:,} MB "
            f"| {f'{function.profile.usage.invocations:,}' if function.profile.usage else 'not known'} "
            f"| {usd(function.cost)} | {usd(function.saving)} |"
            for function in functions[:_TOP_FUNCTIONS]
        ),
    ]
    if len(functions) > _TOP_FUNCTIONS:
        lines += ["", f"The other {len(functions) - _TOP_FUNCTIONS:,} functions are in findings.json."]
    return lines


def _changes(changes: Changes) -> list[str]:
    lines = [f"## Since the last report ({changes.since.date()})", ""]
    if not changes:
        return [*lines, "Nothing has changed."]
    groups = (("New", changes.new), ("Resolved", tuple(changes.resolved)), ("Regressed", changes.regressed))
    return [*lines, *(f"- {label}: {', '.join(map(_escaped, found))}" for label, found in groups if found)]


def _gaps(report: Report) -> list[str]:
    gaps = report.assessment.facts.gaps
    if not gaps:
        return ["## Gaps", "", "None: everything that was asked for could be read."]
    return [
        "## Gaps",
        "",
        "| Source | Region | Reason | Effect |",
        "|---|---|---|---|",
        *(f"| {gap.source} | {gap.region} | {_escaped(gap.reason)} | {_escaped(gap.effect)} |" for gap in gaps),
    ]


def _method(report: Report) -> list[str]:
    window = report.assessment.facts.window
    return [
        "## Method",
        "",
        f"- Observed for {window.days:.0f} whole days, {window.start:%Y-%m-%d} to {window.last_day:%Y-%m-%d}, and "
        "projected to a month of 730 hours.",
        "- List prices, before free tier, Savings Plans and discounts.",
        "- Changes to one function are priced one after another, so that their savings add up.",
        *(f"- {priced_with(table)}" for table in report.assessment.tables.values()),
        f"- Rules that look for: {', '.join(title.lower() for title in RULE_TITLES.values())}.",
        f"- Made {report.made_at:%Y-%m-%d %H:%M} UTC by run {report.session_id}, attempt {report.attempt}; "
        f"words: {report.narrative.author}, figures: computed.",
    ]


def _escaped(text: str) -> str:
    return text.translate(_ESCAPED)
