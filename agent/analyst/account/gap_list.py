"""Collects what could not be read. Equal gaps become one that counts its functions."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass, field, replace

from agent.analyst.analysis.estate import Gap

OUT_OF_TIME = "the time budget for reading was used up"
NO_RESPONSE = "AWS did not respond in time"
UNREACHABLE = "the service cannot be reached from here, or the region does not have it"

# Reasons that do not depend on the account, most of them AWS's error codes: a later attempt may succeed.
_TRANSIENT_REASONS = frozenset(
    {
        OUT_OF_TIME,
        NO_RESPONSE,
        "InternalError",
        "InternalFailure",
        "InternalServerException",
        "InternalServiceError",
        "InternalServiceException",
        "InternalServiceFault",
        "PartialData",
        "RequestLimitExceeded",
        "ServiceException",
        "ServiceUnavailable",
        "ServiceUnavailableException",
        "ThrottledException",
        "Throttling",
        "ThrottlingException",
        "TooManyRequestsException",
    }
)


def is_transient(gap: Gap) -> bool:
    """Return whether a later attempt may be able to read what is missing."""
    return gap.reason in _TRANSIENT_REASONS


@dataclass
class _Extent:
    """The functions that a gap affects."""

    region: bool = False
    earlier: int = 0
    functions: set[str] = field(default_factory=set)

    @property
    def count(self) -> int | None:
        return None if self.region else max(self.earlier, len(self.functions))


class GapList:
    """The gaps of one run. Several threads may add gaps at once."""

    def __init__(self) -> None:
        self._gaps: defaultdict[Gap, _Extent] = defaultdict(_Extent)
        self._lock = threading.Lock()

    def all(self) -> tuple[Gap, ...]:
        """Return the gaps in a stable order."""
        with self._lock:
            return tuple(sorted(replace(gap, functions=extent.count) for gap, extent in self._gaps.items()))

    def add(self, gap: Gap, about: Collection[str]) -> None:
        """Add a gap. Gaps that differ only in their functions become one, which counts each function once.

        Args:
            gap: A new gap, or a gap of an earlier attempt. Of the latter only the number of functions is known; they
                are assumed to be the same functions.
            about: Names of the affected functions; empty if all of the region are affected.
        """
        with self._lock:
            extent = self._gaps[replace(gap, functions=None)]
            extent.functions.update(about)
            extent.earlier = max(extent.earlier, gap.functions or 0)
            extent.region = extent.region or (gap.functions is None and not about)
