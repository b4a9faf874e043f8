"""The report as one HTML file that needs nothing else: no script, no font, no network."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from importlib import resources

from agent.analyst.analysis.combine import SALE_THRESHOLD, FunctionAssessment
from agent.analyst.analysis.finding import Finding, Level, Standing
from agent.analyst.report import charts, method
from agent.analyst.report.document import RULE_TITLES, Changes, Report, percent, usd
from agent.analyst.report.gaps import MOST_NAMED, NO_GAPS, NOT_JUDGED, Undecided, concerned, undecided
from agent.analyst.report.markup import Markup, fragment, tag

# A page is for reading: what goes beyond is in findings.json.
MOST_IN_DETAIL = 25
MOST_ROWS = 100
MOST_CHANGES = 20
MOST_STACKED = 5

_NONE = "\N{EN DASH}"
_POLICY = "default-src 'none'; style-src 'unsafe-inline'"


def render(report: Report) -> str:
    """The report as a page."""
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
    return f"<!doctype html>\n{tag('html', head, body, lang='en')}\n"


def _sections(report: Report) -> Iterable[Markup]:
    sold = report.findings(Standing.OPPORTUNITY)
    yield _masthead(report)
    yield _summary(report)
    if report.changes is not None:
        yield _changes(report.changes)
    if report.assessment.functions:
        yield _section("Where the money goes", tag("div", charts.spend_by_function(report), class_="card wide"))
    if sold:
        yield _section(
            "What can be done",
            tag(
                "div",
                tag("div", charts.top_opportunities(report, sold), class_="card"),
                tag("div", charts.savings_by_rule(report), class_="card narrow"),
                class_="pair",
            ),
        )
        yield _opportunities(report, sold)
    yield from _minor(report)
    yield from _advice(report)
    yield from _functions(report.assessment.functions)
    yield _gaps(report)
    yield _method(report)


def _headline(report: Report) -> str:
    assessment = report.assessment
    if not assessment.functions:
        return "no functions found"
    if not assessment.saving:
        return f"{usd(assessment.cost)} a month, and nothing notable to save"
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
    changes = len(assessment.standing(Standing.OPPORTUNITY))
    advice = len(assessment.standing(Standing.ADVICE))
    tiles = (
        ("Cost per month", usd(assessment.cost), f"{len(assessment.functions):,} functions, list prices"),
        ("Possible saving", usd(assessment.saving), f"{percent(assessment.saving, assessment.cost)} of the cost"),
        ("Changes worth making", f"{changes:,}", f"from {usd(SALE_THRESHOLD)} a month each"),
        ("Other advice", f"{advice:,}", "reliability, security, hygiene"),
    )
    for number, (label, value, note) in enumerate(tiles):
        kind = "tile saving" if number == 1 else "tile"
        yield tag("div", tag("dt", label), tag("dd", value, tag("small", note)), class_=kind)


def _summary(report: Report) -> Markup:
    paragraphs = re.split(r"\n\s*\n", report.narrative.summary.strip())
    return tag(
        "section",
        tag("h2", "In short"),
        (tag("p", _with_names(paragraph, report)) for paragraph in paragraphs),
        class_="summary",
    )


def _with_names(text: str, report: Report) -> Markup:
    """Text in which the functions that have findings are set as code."""
    names = sorted({finding.function for finding in report.assessment.findings}, key=len, reverse=True)
    if not names:
        return fragment(text)
    pattern = rf"(?<![\w-])({'|'.join(map(re.escape, names))})(?![\w-])"
    pieces = re.split(pattern, text)
    return fragment(tag("code", piece) if number % 2 else piece for number, piece in enumerate(pieces))


def _changes(changes: Changes) -> Markup:
    title = f"Since the last report, {changes.since:%-d %b %Y}"
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
    return _section(
        title,
        None if changes else tag("p", "Nothing has changed.", class_="muted"),
        tag("dl", (_changed(*group) for group in groups if group[-1]), class_="changes")
        if changes or changes.not_judged
        else None,
    )


def _changed(kind: str, label: str, findings: Sequence[Markup]) -> Markup:
    shown = [tag("li", finding) for finding in findings[:MOST_CHANGES]]
    if len(findings) > MOST_CHANGES:
        shown.append(tag("li", f"and {len(findings) - MOST_CHANGES:,} more"))
    return tag("div", tag("dt", f"{len(findings):,} {label}"), tag("dd", tag("ul", shown)), class_=f"change {kind}")


def _readable(identifier: str) -> Markup:
    rule, _, where = identifier.partition(":")
    return fragment(tag("code", where.rpartition("/")[2]), f": {RULE_TITLES.get(rule, rule).lower()}")


def _opportunities(report: Report, sold: Sequence[Finding]) -> Markup:
    remarks = report.narrative.remarks
    cards = (_opportunity(finding, remarks.get(finding.identifier)) for finding in sold[:MOST_IN_DETAIL])
    rest = sold[MOST_IN_DETAIL:]
    return _section(
        "Changes worth making",
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


def _minor(report: Report) -> Iterable[Markup]:
    findings = report.findings(Standing.MINOR)
    if findings:
        note = f"Less than {usd(SALE_THRESHOLD)} a month each: take them along with other changes."
        yield _section("Minor savings", tag("p", note, class_="muted"), _savings_table(findings))


def _savings_table(findings: Sequence[Finding]) -> Markup:
    return _table(
        ("Function", "Matter", "Change", "Saving"), [(*_matter(finding), usd(finding.saving)) for finding in findings]
    )


def _advice(report: Report) -> Iterable[Markup]:
    findings = report.findings(Standing.ADVICE)
    if findings:
        rows = [(*_matter(finding), finding.proposal.risk.value) for finding in findings]
        yield _section("Advice that saves nothing by itself", _table(("Function", "Matter", "Change", "Risk"), rows))


def _matter(finding: Finding) -> tuple[Markup, str, str]:
    return _code(finding.function), finding.proposal.title, finding.proposal.change.summary


def _functions(functions: Sequence[FunctionAssessment]) -> Iterable[Markup]:
    if functions:
        yield _section(
            "All functions",
            _table(
                ("Function", "Runtime", "Memory", "Calls", "Errors", "Average", "Cost", "Saving"),
                [_function(function) for function in functions],
            ),
        )


def _function(function: FunctionAssessment) -> Sequence[Markup | str]:
    profile = function.profile
    usage = profile.usage
    runtime = f"{profile.runtime or 'image'}, {profile.architecture.value}"
    memory = f"{profile.memory_mb:,} MB"
    saving = usd(function.saving) if function.saving else _NONE
    if usage is None:
        return (_code(profile.name), runtime, memory, "not read", _NONE, _NONE, usd(function.cost), saving)
    average = f"{usage.average_ms:,.0f} ms" if usage.invocations else _NONE
    errors = f"{usage.errors:,}" if usage.invocations else _NONE
    return (_code(profile.name), runtime, memory, f"{usage.invocations:,}", errors, average, usd(function.cost), saving)


def _gaps(report: Report) -> Markup:
    gaps = report.assessment.facts.gaps
    not_judged = undecided(report.assessment)
    if not gaps and not not_judged:
        return _section("Gaps", tag("p", NO_GAPS, class_="muted"))
    return _section(
        "Gaps",
        tag("p", "What could not be read is not guessed: the account may hold more than this report shows.")
        if gaps
        else None,
        _table(
            ("Source", "Region", "Functions", "Reason", "Missing"),
            [(_code(gap.source), gap.region, concerned(gap), gap.reason, gap.effect) for gap in gaps],
        )
        if gaps
        else None,
        tag("p", NOT_JUDGED, class_="muted") if not_judged else None,
        _table(
            ("Not judged", "Functions", "Why", "Among them"),
            [(RULE_TITLES[one.rule], f"{len(one.functions):,}", one.reason, _some(one)) for one in not_judged],
        )
        if not_judged
        else None,
    )


def _some(one: Undecided) -> Markup:
    """A few of the functions, so that somebody can look one up."""
    names = [tag("code", name) for name in one.functions[:MOST_NAMED]]
    return fragment(*(fragment(", ", name) if number else name for number, name in enumerate(names)))


def _method(report: Report) -> Markup:
    lines = [*method.sentences(report), f"Asked: {report.prompt}"]
    return _section("Method", tag("ul", (tag("li", line) for line in lines), class_="method"))


def _section(title: str, *content: Markup | str | Iterable[Markup | str] | None) -> Markup:
    return tag("section", tag("h2", title), *content)


def _table(columns: Sequence[str], rows: Sequence[Sequence[Markup | str]]) -> Markup:
    numeric = {"Saving", "Cost", "Memory", "Calls", "Errors", "Average", "Functions"}
    kinds = ["amount" if column in numeric else None for column in columns]
    head = (tag("th", column, scope="col", class_=kind) for column, kind in zip(columns, kinds, strict=True))
    body = (
        tag(
            "tr",
            (
                tag("td", cell, class_=kind, data_label=column)
                for column, kind, cell in zip(columns, kinds, row, strict=True)
            ),
        )
        for row in rows[:MOST_ROWS]
    )
    more = f"{len(rows) - MOST_ROWS:,} more are in findings.json." if len(rows) > MOST_ROWS else None
    # On a phone, a table of words is set row by row; one of numbers is pushed sideways.
    kind = "listing stacked" if len(columns) <= MOST_STACKED else "listing"
    return fragment(
        tag(
            "div",
            tag("table", tag("thead", tag("tr", head)), tag("tbody", body), class_=kind),
            class_="card scroll",
            tabindex="0",
        ),
        tag("p", more, class_="muted") if more else None,
    )


def _code(name: str) -> Markup:
    return tag("code", name)
