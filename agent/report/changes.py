"""What changed since the last report."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from agent.analysis.estate import Assessment
from agent.report.document import Changes

# A saving that has grown by less is noise.
_GROWTH = Decimal("1.10")


def since(previous: Mapping[str, Any], assessment: Assessment) -> Changes:
    """Compare with the document of an earlier findings.json."""
    before = {finding["id"]: finding for finding in previous["findings"]}
    now = {finding.identifier: finding for finding in assessment.findings}
    return Changes(
        since=datetime.fromisoformat(previous["made_at"]),
        new=tuple(identifier for identifier in now if identifier not in before),
        resolved={identifier: finding["title"] for identifier, finding in before.items() if identifier not in now},
        regressed=tuple(
            identifier
            for identifier, finding in now.items()
            if identifier in before and finding.saving > Decimal(before[identifier]["monthly_saving_usd"]) * _GROWTH
        ),
    )
