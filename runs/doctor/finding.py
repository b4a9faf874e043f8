"""What a check has found."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from runs.refusals import explained


class Level(StrEnum):
    """How a check ended."""

    OK = "ok"
    WARN = "warn"  # something could not be checked, or does not stop runs
    FAIL = "fail"  # runs fail, or nobody watches them


@dataclass(frozen=True, kw_only=True)
class Finding:
    """The result of one check.

    Attributes:
        what: What was checked.
        level: How it ended.
        found: What was found.
        remedy: What to do; empty if there is nothing to do.
    """

    what: str
    level: Level
    found: str
    remedy: str = ""


def checked(what: str, check: Callable[[], Iterable[Finding]]) -> Iterator[Finding]:
    """Yield what a check finds. An answer that AWS refuses is a finding too."""
    try:
        yield from check()
    except Exception as error:
        if (explanation := explained(error)) is None and not _is_aws(error):
            raise
        yield Finding(what=what, level=Level.WARN, found=f"not checked: {explanation or error}")


def _is_aws(error: Exception) -> bool:
    from botocore.exceptions import BotoCoreError, ClientError

    return isinstance(error, (BotoCoreError, ClientError))
