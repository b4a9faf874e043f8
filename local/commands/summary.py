"""What a person wants to know of a report at a glance."""

import json
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

_TOP = 5


def lines(files: Mapping[str, Path]) -> list[str]:
    """Returns the total saving, the findings that save most, and where to read on.

    Args:
        files: The report's files by name, as `LocalStack.fetch` returns them.
    """
    report = json.loads(files["findings.json"].read_text())
    totals = report["totals"]
    saving, cost = Decimal(totals["monthly_saving_usd"]), Decimal(totals["monthly_cost_usd"])
    share = f" ({100 * saving / cost:.1f} %)" if cost else ""
    findings = [finding for finding in report["findings"] if finding["standing"] == "opportunity"]
    findings.sort(key=lambda finding: Decimal(finding["monthly_saving_usd"]), reverse=True)
    return [
        f"{totals['functions']} functions cost ${cost:,.2f} a month; ${saving:,.2f} of it{share} can be saved:",
        *(_line(finding) for finding in findings[:_TOP]),
        *([f"  and {len(findings) - _TOP} more"] if len(findings) > _TOP else []),
        f"Report: {_shown(files['report.html'])}",
    ]


def _line(finding: Mapping[str, Any]) -> str:
    amount = f"${Decimal(finding['monthly_saving_usd']):,.2f}"
    return f"  {amount:>10}  {finding['function']}: {finding['change']['summary']}"


def _shown(path: Path) -> Path:
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path
