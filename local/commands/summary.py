"""A summary of a report for the console."""

import json
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

from local.commands.console import relative

_REPORT_KINDS = {"report.html": "html", "report.md": "markdown", "findings.json": "findings"}
_TOP = 5


def lines(files: Mapping[str, Path]) -> list[str]:
    """Return lines with the total saving, the largest findings and the path of the report.

    Args:
        files: The report's files by file name, as `Runs.fetch` returns them.
    """
    report = json.loads(files["findings.json"].read_text())
    totals = report["totals"]
    saving, cost = Decimal(totals["monthly_saving_usd"]), Decimal(totals["monthly_cost_usd"])
    share = f" ({100 * saving / cost:.1f} %)" if cost else ""
    findings = [finding for finding in report["findings"] if finding["standing"] == "opportunity"]
    findings.sort(key=lambda finding: Decimal(finding["monthly_saving_usd"]), reverse=True)
    return [
        f"{totals['functions']} functions cost ${cost:,.2f} a month. ${saving:,.2f}{share} can be saved:",
        *(_line(finding) for finding in findings[:_TOP]),
        *([f"  and {len(findings) - _TOP} more"] if len(findings) > _TOP else []),
        f"Report: {relative(files['report.html'])}",
    ]


def report_paths(files: Mapping[str, Path]) -> dict[str, str]:
    """Return the paths of a report's files by kind (`html`, `markdown`, `findings`), for JSON output."""
    return {kind: str(files[name]) for name, kind in _REPORT_KINDS.items() if name in files}


def _line(finding: Mapping[str, Any]) -> str:
    amount = f"${Decimal(finding['monthly_saving_usd']):,.2f}"
    return f"  {amount:>10}  {finding['function']}: {finding['change']['summary']}"
