"""Measurements of a function's runs from its logs, in addition to CloudWatch's counts."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class InitUse:
    """Cold starts in a bounded sample of REPORT lines: the share `cold_starts / reports` of the runs started cold.

    Attributes:
        reports: Number of lines in the sample.
        cold_starts: Number of them with an initialisation.
        init_ms: Mean duration of these initialisations; 0 without one.
        restores: Number of lines with a restored SnapStart snapshot instead.
        restore_ms: Mean billed duration of these restores; 0 without one.
    """

    reports: int
    cold_starts: int
    init_ms: float
    restores: int = 0
    restore_ms: float = 0.0
