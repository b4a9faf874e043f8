"""A summary of a report for the console."""

import json
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

from costs.models import ModelBill
from local.terminal.console import relative

_REPORT_KINDS = {"report.html": "html", "report.md": "markdown", "findings.json": "findings", "findings.csv": "table"}
# What the analyst's findings.json has in any case.
_ANALYST_KEYS = {"schema_version", "totals", "findings", "words_by", "prompt_version"}
_TOP = 5


def lines(files: Mapping[str, Path], text: str = "") -> list[str]:
    """Return what a run has left: the analyst's totals and largest findings, or another agent's summary and files.

    Args:
        files: The report's files by file name, as `Runs.fetch` returns them.
        text: The run's summary in the journal.
    """
    if (report := _analysis(files)) is not None:
        return [*_findings(report), f"Report: {relative(files['report.html'])}"]
    return [*filter(None, [text]), *(f"Report: {relative(files[name])}" for name in sorted(files))]


def model_cost(bill: ModelBill) -> str:
    """Return a line with the tokens of a run and what they cost at list prices."""
    tokens = bill.tokens
    counts = (
        f"Model: {tokens.read:,} tokens in, {tokens.cache_read:,} from the cache, "
        f"{tokens.cache_written:,} to the cache, {tokens.written:,} out"
    )
    if bill.unknown:
        return f"{counts}; the price of {', '.join(bill.unknown)} is not known"
    return f"{counts}: ${bill.usd:.4f} at list prices"


def _analysis(files: Mapping[str, Path]) -> dict[str, Any] | None:
    """Return the analyst's findings. Return None for another agent's report, which may have files of the same name."""
    if not {"findings.json", "report.html"} <= files.keys():
        return None
    try:
        report = json.loads(files["findings.json"].read_text())
    except ValueError:
        return None
    return report if isinstance(report, dict) and report.keys() >= _ANALYST_KEYS else None


def _findings(report: Mapping[str, Any]) -> list[str]:
    totals = report["totals"]
    saving, cost = Decimal(totals["monthly_saving_usd"]), Decimal(totals["monthly_cost_usd"])
    share = f" ({100 * saving / cost:.1f} %)" if cost else ""
    findings = [finding for finding in report["findings"] if finding["category"] == "opportunity"]
    findings.sort(key=lambda finding: Decimal(finding["monthly_saving_usd"]), reverse=True)
    return [
        f"{totals['functions']} functions cost ${cost:,.2f} a month. ${saving:,.2f}{share} can be saved:",
        *(_line(finding) for finding in findings[:_TOP]),
        *([f"  and {len(findings) - _TOP} more"] if len(findings) > _TOP else []),
    ]


def report_paths(files: Mapping[str, Path]) -> dict[str, str]:
    """Return the paths of a report's files for JSON output, by kind (`html`, `markdown`, `findings`) or file name."""
    return {_REPORT_KINDS.get(name, name): str(path) for name, path in files.items()}


def _line(finding: Mapping[str, Any]) -> str:
    amount = f"${Decimal(finding['monthly_saving_usd']):,.2f}"
    return f"  {amount:>10}  {finding['function']}: {finding['change']['summary']}"
