"""Memory sizes and timeouts that rules propose."""

from __future__ import annotations

import math

MEMORY_STEP_MB = 64
# A timeout leaves half of the longest run's duration as headroom.
LONGEST_RUN_MULTIPLE = 1.5


def rounded_up_mb(megabytes: float) -> int:
    """Round a memory size up to the next step, in MB."""
    return math.ceil(megabytes / MEMORY_STEP_MB) * MEMORY_STEP_MB


def rounded_up_seconds(seconds: float) -> int:
    """Round a timeout up: to 5 s up to one minute, to 30 s above."""
    step = 5 if seconds <= 60 else 30
    return math.ceil(seconds / step) * step
