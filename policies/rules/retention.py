"""Retention: logs are forgotten in time."""

from __future__ import annotations

from collections.abc import Iterator

from . import types
from .resource import Resource


def log_groups(resource: Resource) -> Iterator[str]:
    """Every log group has a retention; without one, its events are kept, and paid for, for ever."""
    if resource.type == types.LOG_GROUP and not resource.get("retentionInDays"):
        yield "The log group keeps its events for ever: set retentionInDays"
