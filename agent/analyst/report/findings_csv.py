"""findings.csv: all findings as a table, for people who work with a spreadsheet."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence

from agent.analyst.analysis.finding import Finding
from agent.analyst.report import findings_json
from agent.analyst.report.document import Report
from agent.harness.journal.visible_text import visible

# A spreadsheet would evaluate a cell that begins with one of these; the last four are their full-width forms.
FORMULA_SIGNS = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
# Without it, spreadsheets read UTF-8 as the characters of an old code page.
BYTE_ORDER_MARK = "\ufeff"

# Each column with the key of its value in findings.json, where the names differ.
_COLUMNS = {
    "category": None,
    "function": None,
    "region": None,
    "owner": None,
    "issue": "title",
    "monthly_saving_usd": None,
    "monthly_saving_usd_low": "low",
    "monthly_saving_usd_high": "high",
    "change": "summary",
    "confidence": None,
    "risk": None,
    "effort": None,
    "risk_reason": None,
    "assumption": None,
    "formula": None,
    "apply": "cli",
    "undo": None,
    "pulumi": None,
    "console": None,
    "rule": None,
    "id": None,
    "arn": None,
}


def render(report: Report) -> str:
    """Render all findings, the largest saving first: one row each, with amounts in USD per month."""
    table = io.StringIO()
    writer = csv.writer(table)
    writer.writerow(_COLUMNS)
    writer.writerows(map(_row, report.assessment.findings))
    return BYTE_ORDER_MARK + table.getvalue()


def _row(finding: Finding) -> Sequence[str]:
    entry = findings_json.entry(finding, remark=None)
    saving = entry["monthly_saving_usd"]
    low_and_high = entry["monthly_saving_usd_range"] or {"low": saving, "high": saving}
    values = entry | entry["change"] | low_and_high
    return [_cell(column, values[key or column]) for column, key in _COLUMNS.items()]


def _cell(column: str, value: str | None) -> str:
    """Return a cell that no spreadsheet evaluates. A negative amount is a number."""
    text = visible(value or "")
    is_formula = text.startswith(FORMULA_SIGNS) and not column.startswith("monthly_saving_usd")
    return f"'{text}" if is_formula else text
