"""Charts: tables whose bars are inline SVG. The numbers stay text, so that they can be searched and read aloud."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from agent.analyst.analysis.combine import FunctionAssessment
from agent.analyst.analysis.finding import Finding
from agent.analyst.report.document import RULE_TITLES, Report, usd
from agent.analyst.report.markup import Markup, tag

MOST_FUNCTIONS = 12
MOST_STEPS = 10

# A bar's own scale: widths are per mille of what the column offers.
_WIDTH = 1_000
_HEIGHT = 20
# What is there at all must be seen, however little it is.
_THINNEST = 4


@dataclass(frozen=True, kw_only=True)
class Segment:
    """A part of a bar.

    Attributes:
        start: Where it begins, as a share of the whole from 0 to 1.
        share: How long it is.
        kind: Its CSS class.
    """

    start: Decimal
    share: Decimal
    kind: str


def spend_by_function(report: Report) -> Markup:
    """What the dearest functions cost, and which part of it could be saved."""
    functions = report.assessment.functions[:MOST_FUNCTIONS]
    longest = max((function.cost for function in functions), default=Decimal(0))
    return _chart(
        "What the functions cost, and which part could be saved",
        ("Function", "", "Cost", "Saving"),
        (_spend_row(function, longest) for function in functions),
        legend=(("spend", "remains"), ("saving", "could be saved")),
    )


def savings_by_rule(report: Report) -> Markup:
    """How much each kind of change saves."""
    savings = report.assessment.saving_by_rule
    longest = max(savings.values(), default=Decimal(0))
    return _chart(
        "What each kind of change saves",
        ("Matter", "", "Saving"),
        (
            _row(
                RULE_TITLES[rule],
                [Segment(start=Decimal(0), share=_share(saving, longest), kind="saving")],
                [usd(saving)],
            )
            for rule, saving in savings.items()
        ),
    )


def top_opportunities(report: Report, sold: Sequence[Finding]) -> Markup:
    """How the largest savings bring the cost down, step by step."""
    cost = report.assessment.cost
    rows = [_row("Today", [Segment(start=Decimal(0), share=Decimal(1), kind="spend")], ["", usd(cost)], kind="total")]
    left = cost
    for finding in sold[:MOST_STEPS]:
        left -= finding.saving
        rows.append(_step(finding.function, RULE_TITLES[finding.rule], finding.saving, left, cost))
    rest = sum((finding.saving for finding in sold[MOST_STEPS:]), Decimal(0))
    if rest:
        left -= rest
        rows.append(_step(f"{len(sold) - MOST_STEPS} more", "", rest, left, cost))
    remains = [Segment(start=Decimal(0), share=_share(left, cost), kind="spend")]
    rows.append(_row("With all changes", remains, ["", usd(left)], kind="total"))
    return _chart("How the changes bring the cost down", ("Change", "", "Saving", "Cost after it"), rows)


def _step(name: str, matter: str, saving: Decimal, left: Decimal, cost: Decimal) -> Markup:
    bar = [Segment(start=_share(left, cost), share=_share(saving, cost), kind="saving")]
    return _row(name, bar, [f"\N{MINUS SIGN}{usd(saving)}", usd(left)], note=matter)


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
                width=max(_THINNEST, _scaled(segment.share)),
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
