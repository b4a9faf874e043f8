"""Memory sizes and timeouts that AWS allows and that rules propose."""

from __future__ import annotations

import math

from agent.analyst.analysis.profile import FunctionProfile

MEMORY_STEP_MB = 64
# On Lambda Managed Instances, memory comes in whole GB for each processor.
MANAGED_MEMORY_STEP_MB = 1_024
# A timeout leaves half of the longest run's duration as headroom.
LONGEST_RUN_MULTIPLE = 1.5


def longest_seconds(profile: FunctionProfile) -> int:
    """Return the longest timeout that AWS allows."""
    return 5_400 if profile.managed_instances else 900


def largest_mb(profile: FunctionProfile) -> int:
    """Return the largest memory size that AWS allows."""
    return 32_768 if profile.managed_instances else 10_240


def rounded_up_mb(megabytes: float, step_mb: int = MEMORY_STEP_MB) -> int:
    """Round a memory size up to the next step, in MB."""
    return math.ceil(megabytes / step_mb) * step_mb


def rounded_up_seconds(seconds: float) -> int:
    """Round a timeout up: to 5 s up to one minute, to 30 s above."""
    step = 5 if seconds <= 60 else 30
    return math.ceil(seconds / step) * step
