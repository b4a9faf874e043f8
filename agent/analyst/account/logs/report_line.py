"""Parses the REPORT line that Lambda writes after each run, in text or JSON."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

TEXT_PATTERN = '"REPORT RequestId:"'
JSON_PATTERN = '{ $.type = "platform.report" }'

_MEMORY = re.compile(r"Memory Size: (\d+) MB\s+Max Memory Used: (\d+) MB")
_INIT = re.compile(r"\bInit Duration: ([\d.]+) ms")
_RESTORE = re.compile(r"\bBilled Restore Duration: ([\d.]+) ms")


@dataclass(frozen=True, kw_only=True)
class Report:
    """What a REPORT line contains.

    Attributes:
        memory_mb: The configured memory of the run.
        used_mb: The highest memory use.
        init_ms: Duration of the initialisation before the run; None if it started warm, or with a snapshot.
        restore_ms: Billed duration of restoring a SnapStart snapshot before the run; None without one.
    """

    memory_mb: int
    used_mb: int
    init_ms: float | None = None
    restore_ms: float | None = None


def parse(message: str) -> Report | None:
    """Parse a line; None if it is something else."""
    if match := _MEMORY.search(message):
        return Report(
            memory_mb=int(match[1]),
            used_mb=int(match[2]),
            init_ms=_milliseconds(_INIT, message),
            restore_ms=_milliseconds(_RESTORE, message),
        )
    if not message.startswith("{"):
        return None
    try:
        # https://docs.aws.amazon.com/lambda/latest/dg/telemetry-schema-reference.html#ReportMetrics
        metrics: dict[str, Any] = json.loads(message)["record"]["metrics"]
        init, restore = metrics.get("initDurationMs"), metrics.get("billedRestoreDurationMs")
        return Report(
            memory_mb=int(metrics["memorySizeMB"]),
            used_mb=int(metrics["maxMemoryUsedMB"]),
            init_ms=None if init is None else float(init),
            restore_ms=None if restore is None else float(restore),
        )
    except (ValueError, KeyError, TypeError, AttributeError):
        return None


def _milliseconds(pattern: re.Pattern[str], message: str) -> float | None:
    match = pattern.search(message)
    return float(match[1]) if match else None
