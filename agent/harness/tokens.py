"""Tokens of model calls, in the four kinds that have different prices."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from agent.harness.schema import StepAttribute


@dataclass(frozen=True, kw_only=True)
class Tokens:
    """Counts of tokens. No token is counted in two of them.

    Attributes:
        read: Input tokens that were neither read from the cache nor written to it.
        written: Output tokens.
        cache_read: Input tokens that were read from the cache.
        cache_written: Input tokens that were written to the cache.
    """

    read: int = 0
    written: int = 0
    cache_read: int = 0
    cache_written: int = 0

    @classmethod
    def reported(cls, usage: Mapping[str, Any]) -> Tokens:
        """Return the tokens of a usage as Strands reports it, for one call or accumulated.

        Amazon Bedrock counts cached tokens apart from `inputTokens`. Providers whose total is input plus output count
        them within it.
        """
        read, written = usage["inputTokens"], usage["outputTokens"]
        cached = usage.get("cacheReadInputTokens", 0), usage.get("cacheWriteInputTokens", 0)
        if usage["totalTokens"] == read + written:
            read = max(0, read - sum(cached))
        return cls(read=read, written=written, cache_read=cached[0], cache_written=cached[1])

    @classmethod
    def counted(cls, counts: Mapping[str, Any]) -> Tokens:
        """Return the tokens of a step's item, a run's usage or a printed line; a missing count is 0."""
        return cls(
            read=int(counts.get(StepAttribute.INPUT_TOKENS, 0)),
            written=int(counts.get(StepAttribute.OUTPUT_TOKENS, 0)),
            cache_read=int(counts.get(StepAttribute.CACHE_READ_TOKENS, 0)),
            cache_written=int(counts.get(StepAttribute.CACHE_WRITE_TOKENS, 0)),
        )

    def counts(self) -> dict[str, int]:
        """Return the counts by their names in the journal."""
        return {
            StepAttribute.INPUT_TOKENS.value: self.read,
            StepAttribute.OUTPUT_TOKENS.value: self.written,
            StepAttribute.CACHE_READ_TOKENS.value: self.cache_read,
            StepAttribute.CACHE_WRITE_TOKENS.value: self.cache_written,
        }

    @property
    def total(self) -> int:
        """All tokens, cached or not."""
        return self.read + self.written + self.cache_read + self.cache_written

    def __add__(self, other: Tokens) -> Tokens:
        """Return the sums of the counts."""
        return Tokens(
            read=self.read + other.read,
            written=self.written + other.written,
            cache_read=self.cache_read + other.cache_read,
            cache_written=self.cache_written + other.cache_written,
        )
