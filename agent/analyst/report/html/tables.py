"""Tables on the HTML page: functions and gaps."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from agent.analyst.analysis.combine import FunctionAssessment
from agent.analyst.report import headings
from agent.analyst.report.document import RULE_TITLES, Report, usd
from agent.analyst.report.gaps import MAX_NAMED, NO_GAPS, NOT_JUDGED, UndecidedFunctions, affected, undecided
from agent.analyst.report.html.markup import Markup, fragment, tag

# The page shows a part of a long table; findings.json contains all of it.
MAX_ROWS = 100
# On a phone, a table with at most this many columns is shown row by row; a wider one scrolls sideways.
MAX_STACKED = 5

_NONE = "\N{EN DASH}"
_NUMERIC = frozenset({"Saving", "Cost", "Memory", "Calls", "Errors", "Average", "Functions"})


def section(title: str, *content: Markup | str | Iterable[Markup | str] | None) -> Markup:
    """Return a section with a heading."""
    return tag("section", tag("h2", title), *content)


def code(name: str) -> Markup:
    """Set a name as code."""
    return tag("code", name)


def table(columns: Sequence[str], rows: Sequence[Sequence[Markup | str]]) -> Markup:
    """Render a table of at most `MAX_ROWS` rows, with a note about the others."""
    kinds = ["amount" if column in _NUMERIC else None for column in columns]
    head = (tag("th", column, scope="col", class_=kind) for column, kind in zip(columns, kinds, strict=True))
    body = (
        tag(
            "tr",
            (
                tag("td", cell, class_=kind, data_label=column)
                for column, kind, cell in zip(columns, kinds, row, strict=True)
            ),
        )
        for row in rows[:MAX_ROWS]
    )
    more = f"{len(rows) - MAX_ROWS:,} more are in findings.json." if len(rows) > MAX_ROWS else None
    kind = "listing stacked" if len(columns) <= MAX_STACKED else "listing"
    return fragment(
        tag(
            "div",
            tag("table", tag("thead", tag("tr", head)), tag("tbody", body), class_=kind),
            class_="card scroll",
            tabindex="0",
        ),
        tag("p", more, class_="muted") if more else None,
    )


def functions(assessed: Sequence[FunctionAssessment]) -> Iterable[Markup]:
    """Render the functions with their usage and cost; nothing if there are none."""
    if assessed:
        yield section(
            headings.COST_BY_FUNCTION,
            table(
                ("Function", "Runtime", "Memory", "Calls", "Errors", "Average", "Cost", "Saving"),
                [_function(function) for function in assessed],
            ),
        )


def _function(function: FunctionAssessment) -> Sequence[Markup | str]:
    profile = function.profile
    usage = profile.usage
    runtime = f"{profile.runtime or 'image'}, {profile.architecture.value}"
    memory = f"{profile.memory_mb:,} MB"
    saving = usd(function.saving) if function.saving else _NONE
    if usage is None:
        return (code(profile.name), runtime, memory, "not known", _NONE, _NONE, usd(function.cost), saving)
    average = f"{usage.average_ms:,.0f} ms" if usage.invocations else _NONE
    errors = f"{usage.errors:,}" if usage.invocations else _NONE
    return (code(profile.name), runtime, memory, f"{usage.invocations:,}", errors, average, usd(function.cost), saving)


def gaps(report: Report) -> Markup:
    """Render what could not be read, and what the rules could not judge."""
    found = report.assessment.facts.gaps
    not_judged = undecided(report.assessment)
    if not found and not not_judged:
        return section(headings.GAPS, tag("p", NO_GAPS, class_="muted"))
    return section(
        headings.GAPS,
        tag("p", "Missing data is not estimated: there may be more findings than this report shows.")
        if found
        else None,
        table(
            headings.GAP_COLUMNS,
            [(code(gap.source), gap.region, affected(gap), gap.reason, gap.effect) for gap in found],
        )
        if found
        else None,
        tag("p", NOT_JUDGED, class_="muted") if not_judged else None,
        table(
            headings.UNDECIDED_COLUMNS,
            [(RULE_TITLES[one.rule], f"{len(one.functions):,}", one.reason, _examples(one)) for one in not_judged],
        )
        if not_judged
        else None,
    )


def _examples(one: UndecidedFunctions) -> Markup:
    names = [code(name) for name in one.functions[:MAX_NAMED]]
    return fragment(*(fragment(", ", name) if number else name for number, name in enumerate(names)))
