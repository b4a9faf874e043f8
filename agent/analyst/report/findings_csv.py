"""findings.csv: all findings as a table, for people who work with a spreadsheet."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from decimal import Decimal

from agent.analyst.analysis.finding import Finding
from agent.analyst.report import console
from agent.analyst.report.document import Report
from agent.harness.journal.visible_text import visible

# A spreadsheet would evaluate a cell that begins with one of these; the last four are their full-width forms.
FORMULA_SIGNS = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
# Without it, spreadsheets read UTF-8 as the characters of an old code page.
BYTE_ORDER_MARK = "\ufeff"


def render(report: Report) -> str:
    """Render all findings, the largest saving first: one row each, with amounts in USD per month."""
    rows = [_row(finding) for finding in report.assessment.findings]
    table = io.StringIO()
    writer = csv.DictWriter(table, _COLUMNS)
    writer.writeheader()
    writer.writerows(rows)
    return BYTE_ORDER_MARK + table.getvalue()


_COLUMNS = (
    "category",
    "function",
    "region",
    "owner",
    "issue",
    "monthly_saving_usd",
    "monthly_saving_usd_low",
    "monthly_saving_usd_high",
    "change",
    "confidence",
    "risk",
    "effort",
    "risk_reason",
    "assumption",
    "formula",
    "apply",
    "undo",
    "pulumi",
    "console",
    "rule",
    "id",
    "arn",
)


def _row(finding: Finding) -> Mapping[str, str]:
    proposal = finding.proposal
    low, high = finding.bounds or (finding.saving, finding.saving)
    return {
        "monthly_saving_usd": _amount(finding.saving),
        "monthly_saving_usd_low": _amount(low),
        "monthly_saving_usd_high": _amount(high),
        **{
            column: _guarded(text or "")
            for column, text in {
                "category": finding.category.value,
                "function": finding.function,
                "region": finding.region,
                "owner": finding.owner,
                "issue": proposal.title,
                "change": proposal.change.summary,
                "confidence": proposal.confidence.value,
                "risk": proposal.risk.value,
                "effort": proposal.effort.value,
                "risk_reason": proposal.risk_reason,
                "assumption": proposal.assumption,
                "formula": finding.formula,
                "apply": proposal.change.cli,
                "undo": proposal.change.undo,
                "pulumi": proposal.change.pulumi,
                "console": console.function_link(finding.arn),
                "rule": finding.rule,
                "id": finding.identifier,
                "arn": finding.arn,
            }.items()
        },
    }


def _guarded(text: str) -> str:
    """Return a cell that no spreadsheet evaluates."""
    text = visible(text)
    return f"'{text}" if text.startswith(FORMULA_SIGNS) else text


def _amount(usd: Decimal) -> str:
    return f"{usd:.2f}"
