"""Facts that one attempt of a run saves for the next."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol

from agent.analyst.analysis.estate import Facts

# Change it with the meaning of the facts. An attempt of another version reads the account again: it would take what
# an older one did not read for something that the account does not have.
Version = Literal[3]
VERSION: Version = 3


@dataclass(frozen=True, kw_only=True)
class SavedFacts:
    """The facts that an attempt has read so far.

    Attributes:
        version: `VERSION`. It has no default, so that facts without a version are refused.
        facts: What was read.
        usage_read: Whether the profiles hold their usage.
        logs_read: Whether the profiles hold their log groups.
        sampled: Keys of the functions whose REPORT lines were read.
    """

    version: Version
    facts: Facts
    usage_read: bool = False
    logs_read: bool = False
    sampled: tuple[str, ...] = ()


class Store(Protocol):
    """Saves facts outside this process."""

    def load(self) -> SavedFacts | None:
        """Return what an earlier attempt has saved; None if there is nothing."""

    def save(self, saved: SavedFacts) -> None:
        """Save facts for a later attempt."""
