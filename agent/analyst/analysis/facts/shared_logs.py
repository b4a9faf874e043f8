"""Log groups whose cost belongs to no single function."""

from __future__ import annotations

from dataclasses import dataclass

from agent.analyst.analysis.profile import LogGroup


@dataclass(frozen=True, kw_only=True)
class SharedLogGroup:
    """A log group that several functions write to. CloudWatch counts the bytes of a group, not those of each function.

    Attributes:
        region: The region.
        group: The group.
        functions: Names of the functions that write to it.
    """

    region: str
    group: LogGroup
    functions: tuple[str, ...]
