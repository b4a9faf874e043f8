"""Charts: tables with bars in inline SVG. Numbers are text, so that readers can search them and screen readers work."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from agent.analyst.analysis.combine import FunctionAssessment
from agent.analyst.analysis.finding import Category
from agent.analyst.report.document import RULE_TITLES, Report, usd
from agent.analyst.report.html.markup import Markup, tag

MAX_FUNCTIONS = 12
MAX_STEPS = 10

# Widths of bars are in per mille of the column.
_WIDTH = 1_000
_HEIGHT = 20
# A small part must still be visible.
_MIN_WIDTH = 4


@dataclass(frozen=True, kw_only=True)
class Segment:
    """A part of a bar.

    Attributes:
        start: Where it begins, as a share of the bar's full width, from 0 to 1.
        share: Its length, as a share of the bar's full width.
        kind: Its CSS class.
    """

    start: Decimal
    share: Decimal
    kind: str


def spend_by_function(report: Report) -> Markup:
    """Chart what the most expensive functions cost, and which part of it can be saved."""
    functions = report.assessment.functions[:MAX_FUNCTIONS]
    longest = max((function.cost for function in functions), default=Decimal(0))
    return _chart(
        "Cost by function, and the part that can be saved",
        ("Function", "", "Cost", "Saving"),
        (_spend_row(function, longest) for function in functions),
        legend=(("spend", "remains"), ("saving", "can be saved")),
    )


def savings_by_rule(report: Report) -> Markup:
    """Chart what the opportunities of each rule save."""
    savings = report.assessment.saving_by_rule
    longest = max(savings.values(), default=Decimal(0))
    return _chart(
        "Savings by issue",
        ("Issue", "", "Saving"),
        (
            _row(
                RULE_TITLES[rule],
                [Segment(start=Decimal(0), share=_share(saving, longest), kind="saving")],
                [usd(saving)],
            )
            for rule, saving in savings.items()
        ),
    )


def top_opportunities(report: Report) -> Markup:
    """Chart how the largest savings lower the cost, step by step."""
    opportunities = report.assessment.findings_of(Category.OPPORTUNITY)
    cost = report.assessment.cost
    rows = [_row("Today", [Segment(start=Decimal(0), share=Decimal(1), kind="spend")], ["", usd(cost)], kind="total")]
    left = cost
    for finding in opportunities[:MAX_STEPS]:
        left -= finding.saving
        rows.append(_step(finding.function, RULE_TITLES[finding.rule], finding.saving, left, cost))
    rest = sum((finding.saving for finding in opportunities[MAX_STEPS:]), Decimal(0))
    if rest:
        left -= rest
        rows.append(_step(f"{len(opportunities) - MAX_STEPS} more", "", rest, left, cost))
    remains = [Segment(start=Decimal(0), share=_share(left, cost), kind="spend")]
    rows.append(_row("After all changes", remains, ["", usd(left)], kind="total"))
    return _chart("Cost after each change", ("Change", "", "Saving", "Cost after it"), rows)


def _step(name: str, issue: str, saving: Decimal, left: Decimal, cost: Decimal) -> Markup:
    bar = [Segment(start=_share(left, cost), share=_share(saving, cost), kind="saving")]
    return _row(name, bar, [f"\N{MINUS SIGN}{usd(saving)}", usd(left)], note=issue)


def _spend_row(function: FunctionAssessment, longest: Decimal) -> Markup:
    remains = _share(function.cost - function.saving, longest)
    bar = [
        Segment(start=Decimal(0), share=remains, kind="spend"),
        Segment(start=remains, share=_share(function.saving, longest), kind="saving"),
    ]
    saving = usd(function.saving) if function.saving else "\N{EN DASH}"
    return _row(function.profile.name, bar, [usd(function.cost), saving])


def _share(part: Decimal, whole: Decimal) -> Decimal:
    return part / whole if whole else Decimal(0)


def _chart(
    caption: str,
    columns: Sequence[str],
    rows: Iterable[Markup],
    *,
    legend: Sequence[tuple[str, str]] = (),
) -> Markup:
    head = tag("tr", (_column(title) for title in columns))
    keys = (tag("span", tag("i", class_=f"key {kind}"), label) for kind, label in legend)
    return tag(
        "figure",
        tag("figcaption", caption),
        tag("table", tag("thead", head), tag("tbody", rows), class_="chart"),
        tag("p", keys, class_="legend") if legend else None,
    )


def _column(title: str) -> Markup:
    return tag("th", title, scope="col") if title else tag("td", aria_hidden="true")


def _row(
    name: str, bar: Sequence[Segment], amounts: Sequence[str], *, note: str = "", kind: str | None = None
) -> Markup:
    label = [name, tag("small", note)] if note else [name]
    return tag(
        "tr",
        tag("th", label, scope="row"),
        tag("td", _bar(bar), class_="bar", aria_hidden="true"),
        (tag("td", amount, class_="amount") for amount in amounts),
        class_=kind,
    )


def _bar(segments: Sequence[Segment]) -> Markup:
    return tag(
        "svg",
        (
            tag(
                "rect",
                class_=segment.kind,
                x=_scaled(segment.start),
                width=max(_MIN_WIDTH, _scaled(segment.share)),
                height=_HEIGHT,
            )
            for segment in segments
            if segment.share > 0
        ),
        viewBox=f"0 0 {_WIDTH} {_HEIGHT}",
        preserveAspectRatio="none",
        focusable="false",
    )


def _scaled(share: Decimal) -> int:
    return round(share * _WIDTH)
