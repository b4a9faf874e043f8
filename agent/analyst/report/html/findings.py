"""The findings on the HTML page: changes since the last report, opportunities and tables of the others."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from agent.analyst.analysis.finding import Category, Finding, Level
from agent.analyst.report import headings
from agent.analyst.report.document import RULE_TITLES, Changes, Report, usd
from agent.analyst.report.html.markup import Markup, fragment, tag
from agent.analyst.report.html.tables import code, section, table

# The page shows a part of a long list; findings.json contains all of it.
MAX_IN_DETAIL = 25
MAX_CHANGES = 20


def changes(changes: Changes) -> Markup:
    """Render the changes since the last report."""
    groups = (
        ("new", "new", [_readable(identifier) for identifier in changes.new]),
        ("resolved", "resolved", [_readable(identifier) for identifier in changes.resolved]),
        ("regressed", "regressed", [_readable(identifier) for identifier in changes.regressed]),
        (
            "not-judged",
            "not judged this time",
            [fragment(_readable(one.identifier), " (", one.reason, ")") for one in changes.not_judged],
        ),
    )
    return section(
        headings.changes(changes.since),
        None if changes else tag("p", "Nothing has changed.", class_="muted"),
        tag("dl", (_changed(*group) for group in groups if group[-1]), class_="changes")
        if changes or changes.not_judged
        else None,
    )


def _changed(kind: str, label: str, findings: Sequence[Markup]) -> Markup:
    shown = [tag("li", finding) for finding in findings[:MAX_CHANGES]]
    if len(findings) > MAX_CHANGES:
        shown.append(tag("li", f"and {len(findings) - MAX_CHANGES:,} more"))
    return tag("div", tag("dt", f"{len(findings):,} {label}"), tag("dd", tag("ul", shown)), class_=f"change {kind}")


def _readable(identifier: str) -> Markup:
    rule, _, where = identifier.partition(":")
    return fragment(tag("code", where.rpartition("/")[2]), f": {RULE_TITLES.get(rule, rule).lower()}")


def opportunities(report: Report) -> Iterable[Markup]:
    """Render the largest opportunities as cards and the others as a table; nothing if there are none."""
    found = report.assessment.findings_of(Category.OPPORTUNITY)
    remarks = report.narrative.remarks
    cards = (_opportunity(finding, remarks.get(finding.identifier)) for finding in found[:MAX_IN_DETAIL])
    rest = found[MAX_IN_DETAIL:]
    if found:
        yield section(
            headings.OPPORTUNITIES,
            tag("ol", cards, class_="opportunities"),
            _savings_table(rest) if rest else None,
        )


def _opportunity(finding: Finding, remark: str | None) -> Markup:
    proposal = finding.proposal
    return tag(
        "li",
        tag(
            "div",
            tag("p", RULE_TITLES[finding.rule], class_="kicker"),
            tag("h3", tag("code", finding.function), tag("span", finding.region, class_="muted")),
            tag("p", f"{proposal.title}."),
            tag("p", tag("strong", proposal.change.summary), class_="to-do"),
            tag("blockquote", remark) if remark else None,
            tag("p", _chip("confidence", proposal.confidence), _chip("risk", proposal.risk), class_="chips"),
            _details(finding),
        ),
        tag("p", usd(finding.saving), tag("small", "a month"), class_="price"),
        class_="card",
    )


def _chip(label: str, level: Level) -> Markup:
    return tag("span", f"{level.value} {label}", class_=f"chip {label}-{level.value}")


def _details(finding: Finding) -> Markup:
    proposal = finding.proposal
    facts = [*proposal.evidence.items(), ("Saving", f"{finding.formula} = {usd(finding.saving)}")]
    if proposal.assumption:
        facts.append(("Assumption", proposal.assumption))
    facts.append(("Risk", proposal.risk_reason))
    return tag(
        "details",
        tag("summary", "Evidence, formula and commands"),
        tag("dl", (fragment(tag("dt", label), tag("dd", value)) for label, value in facts), class_="facts"),
        tag("pre", tag("code", proposal.change.cli)),
        tag("p", "Pulumi: ", tag("code", proposal.change.pulumi), class_="pulumi"),
    )


def minor_savings(report: Report) -> Iterable[Markup]:
    """Render the minor savings as a table; nothing if there are none."""
    found = report.assessment.findings_of(Category.MINOR)
    if found:
        note = "Make these changes when you change the function for another reason."
        yield section(headings.MINOR_SAVINGS, tag("p", note, class_="muted"), _savings_table(found))


def _savings_table(findings: Sequence[Finding]) -> Markup:
    return table(headings.FINDING_COLUMNS, [(*_issue(finding), usd(finding.saving)) for finding in findings])


def other_recommendations(report: Report) -> Iterable[Markup]:
    """Render the recommendations that save nothing as a table; nothing if there are none."""
    found = report.assessment.findings_of(Category.ADVICE)
    if found:
        rows = [(*_issue(finding), finding.proposal.risk.value) for finding in found]
        yield section(headings.OTHER_RECOMMENDATIONS, table(("Function", "Issue", "Change", "Risk"), rows))


def _issue(finding: Finding) -> tuple[Markup, str, str]:
    return code(finding.function), finding.proposal.title, finding.proposal.change.summary
