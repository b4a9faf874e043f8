"""The report as one self-contained HTML file: no script, no font, no network."""

from __future__ import annotations

import re
from collections.abc import Iterable
from importlib import resources

from agent.analyst.analysis.finding import Category
from agent.analyst.analysis.thresholds import MIN_OPPORTUNITY_USD
from agent.analyst.report import headings, method
from agent.analyst.report.document import Report, percent, usd
from agent.analyst.report.html import charts, findings, tables
from agent.analyst.report.html.markup import Markup, fragment, tag
from agent.analyst.report.html.tables import section
from agent.harness.journal.visible_text import visible

_POLICY = "default-src 'none'; style-src 'unsafe-inline'"


def render(report: Report) -> str:
    """Render the report as an HTML page."""
    head = tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("meta", http_equiv="Content-Security-Policy", content=_POLICY),
        tag("meta", name="color-scheme", content="light dark"),
        tag("title", f"AWS Lambda costs: {_headline(report)}"),
        tag("style", Markup(resources.files(__package__).joinpath("style.css").read_text(encoding="utf-8"))),
    )
    body = tag("body", tag("main", _sections(report)))
    return visible(f"<!doctype html>\n{tag('html', head, body, lang='en')}\n")


def _sections(report: Report) -> Iterable[Markup]:
    yield _masthead(report)
    yield _summary(report)
    if report.changes is not None:
        yield findings.changes(report.changes)
    if report.assessment.functions:
        yield section(headings.OVERVIEW, _charts(report))
    yield from findings.opportunities(report)
    yield from findings.minor_savings(report)
    yield from findings.other_recommendations(report)
    yield from tables.functions(report.assessment.functions)
    yield tables.gaps(report)
    lines = [*method.sentences(report), f"Request: {report.prompt}"]
    yield section(headings.METHOD, tag("ul", (tag("li", line) for line in lines), class_="method"))


def _charts(report: Report) -> Iterable[Markup]:
    yield tag("div", charts.spend_by_function(report), class_="card wide")
    if report.assessment.findings_of(Category.OPPORTUNITY):
        yield tag(
            "div",
            tag("div", charts.top_opportunities(report), class_="card"),
            tag("div", charts.savings_by_rule(report), class_="card narrow"),
            class_="pair",
        )


def _headline(report: Report) -> str:
    assessment = report.assessment
    if not assessment.functions:
        return "no functions found"
    if not assessment.saving:
        return f"{usd(assessment.cost)} a month, no opportunity to save"
    return f"{usd(assessment.saving)} of {usd(assessment.cost)} a month can be saved"


def _masthead(report: Report) -> Markup:
    assessment = report.assessment
    facts = assessment.facts
    where = [f"Account {facts.account}"] if facts.account else []
    where += [", ".join(facts.regions), f"{facts.window.start:%-d %b} to {facts.window.last_day:%-d %b %Y}"]
    headline = _headline(report)
    return tag(
        "header",
        tag("p", "AWS Lambda cost report", class_="kicker"),
        tag("h1", headline[:1].upper() + headline[1:]),
        tag("p", " · ".join(where), class_="muted"),
        tag("dl", _tiles(report), class_="tiles"),
    )


def _tiles(report: Report) -> Iterable[Markup]:
    assessment = report.assessment
    opportunities = len(assessment.findings_of(Category.OPPORTUNITY))
    advice = len(assessment.findings_of(Category.ADVICE))
    tiles = (
        ("Cost per month", usd(assessment.cost), f"{len(assessment.functions):,} functions, list prices"),
        ("Possible saving", usd(assessment.saving), f"{percent(assessment.saving, assessment.cost)} of the cost"),
        (headings.OPPORTUNITIES, f"{opportunities:,}", f"at least {usd(MIN_OPPORTUNITY_USD)} a month each"),
        (headings.OTHER_RECOMMENDATIONS, f"{advice:,}", "reliability, security, hygiene"),
    )
    for number, (label, value, note) in enumerate(tiles):
        kind = "tile saving" if number == 1 else "tile"
        yield tag("div", tag("dt", label), tag("dd", value, tag("small", note)), class_=kind)


def _summary(report: Report) -> Markup:
    paragraphs = re.split(r"\n\s*\n", report.narrative.summary.strip())
    return tag(
        "section",
        tag("h2", headings.SUMMARY),
        (tag("p", _with_names(paragraph, report)) for paragraph in paragraphs),
        class_="summary",
    )


def _with_names(text: str, report: Report) -> Markup:
    """Set the names of functions with findings as code."""
    names = sorted({finding.function for finding in report.assessment.findings}, key=len, reverse=True)
    if not names:
        return fragment(text)
    pattern = rf"(?<![\w-])({'|'.join(map(re.escape, names))})(?![\w-])"
    pieces = re.split(pattern, text)
    return fragment(tag("code", piece) if number % 2 else piece for number, piece in enumerate(pieces))
