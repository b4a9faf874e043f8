"""Short forms of what people read: ages, durations, counts, amounts and statuses."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from agent.event_types import SCHEDULE_REQUESTER
from agent.harness.schema import Attribute, Status
from runs.actions import SOURCE
from runs.journal.run import Run

UNKNOWN = "–"  # noqa: RUF001  # as in tables
_MINUTE, _HOUR, _DAY = 60, 3_600, 86_400
_THOUSAND = 1_000
# Most characters of a headline.
_HEADLINE = 120
# "1.", "Dr." and "e.g." end no sentence: they are short, or what follows is in small letters.
_SENTENCE = re.compile(r".{12,}?[.!?](?= (?![a-z]))")


class Word(StrEnum):
    """The word of a status."""

    WAITING = "waiting"
    RUNNING = "running"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"


@dataclass(frozen=True, kw_only=True)
class Look:
    """How a status is shown. The word carries the meaning; sign and colour repeat it.

    Attributes:
        word: The status in one word.
        sign: A sign before the word.
        ascii_sign: The same for terminals that show only ASCII.
        colour: A colour of the terminal's own palette.
    """

    word: str
    sign: str
    ascii_sign: str
    colour: str


LOOKS: Mapping[str, Look] = {
    Status.PENDING: Look(word=Word.WAITING, sign="○", ascii_sign="o", colour="yellow"),
    Status.BUSY: Look(word=Word.RUNNING, sign="●", ascii_sign="*", colour="cyan"),
    Status.COMPLETED: Look(word=Word.COMPLETED, sign="✓", ascii_sign="+", colour="green"),
    Status.FAILED: Look(word=Word.FAILED, sign="✗", ascii_sign="x", colour="red"),
    Status.CANCELLED: Look(word=Word.CANCELLED, sign="◌", ascii_sign="-", colour="magenta"),
}
STATUSES: Mapping[str, Status] = {look.word: Status(status) for status, look in LOOKS.items()}
"""The status of each word."""
_OTHER = Look(word="unknown", sign="?", ascii_sign="?", colour="default")


def look(status: str) -> Look:
    """Return how a status is shown."""
    return LOOKS.get(status, _OTHER)


def encodes(stream_encoding: str | None) -> bool:
    """Return whether a stream of this encoding can show the signs."""
    try:
        "●✓✗◌○…→".encode(stream_encoding or "ascii")
    except (UnicodeEncodeError, LookupError):
        return False
    return True


def age(moment: datetime | None, now: datetime) -> str:
    """Return how long ago a moment was: `now`, `5 s ago`, `2 min ago`, `3 h ago`, `7 d ago`."""
    if moment is None:
        return UNKNOWN
    seconds = (now - moment).total_seconds()
    if seconds < 1:
        return "now"
    for limit, unit, name in ((_MINUTE, 1, "s"), (_HOUR, _MINUTE, "min"), (_DAY, _HOUR, "h")):
        if seconds < limit:
            return f"{seconds // unit:.0f} {name} ago"
    return f"{seconds // _DAY:.0f} d ago"


def short_age(moment: datetime | None, now: datetime) -> str:
    """Return how long ago a moment was, in at most six characters: `now`, `5 s`, `2 min`, `3 h`, `7 d`."""
    return age(moment, now).removesuffix(" ago")


def duration(seconds: float | None) -> str:
    """Return a duration as `m:ss`, or as `h:mm:ss` from an hour on."""
    if seconds is None:
        return UNKNOWN
    minutes, rest = divmod(round(seconds), _MINUTE)
    hours, minutes = divmod(minutes, _MINUTE)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"


def count(number: int) -> str:
    """Return a count in at most six characters: `999`, `24.1k`, `1.2M`."""
    for unit, name in ((_THOUSAND**3, "G"), (_THOUSAND**2, "M"), (_THOUSAND, "k")):
        if number >= unit:
            return f"{number / unit:.1f}{name}"
    return str(number)


def usd(amount: Decimal | None) -> str:
    """Return an amount as `$0.21`; below a cent, as `<$0.01`."""
    if amount is None:
        return UNKNOWN
    return "<$0.01" if 0 < amount < Decimal("0.005") else f"${amount:,.2f}"


def requester(run: Run) -> str:
    """Return who asked for a run: the schedule's name, who used `runs`, or another source."""
    return _who(run.requested_by or UNKNOWN).removeprefix(SCHEDULE_REQUESTER)


def _who(sender: str) -> str:
    """Return who has sent an event, without the source of the events that `runs` sends.

    Anybody may use this source and any name. It is left out only before a name with an @, which no schedule has.
    """
    name = sender.removeprefix(f"{SOURCE}: ")
    return name if "@" in name else sender


def headline(text: str) -> str:
    """Return the first sentence of a text, or the words of it that fit into one line. `…` stands for the rest."""
    words = " ".join(text.split())
    found = _SENTENCE.match(words)
    sentence = found[0] if found else words
    if len(sentence) > _HEADLINE:
        sentence = sentence[:_HEADLINE].rsplit(" ", 1)[0]
    return sentence if sentence == words else f"{sentence} …"


def outcome(run: Run) -> str:
    """Return how a run is or how it ended, in all its words."""
    if run.status == Status.COMPLETED:
        text = run.summary or "Done"
    elif run.has_ended:
        text = ": ".join(part for part in (run.error_type, run.error_message) if part) or _ended_by(run)
    else:
        text = run.progress or ""
    return " ".join(text.split())


def _ended_by(run: Run) -> str:
    who = run.item.get(Attribute.CANCEL_REQUESTED_BY)
    return f"Cancelled by {_who(str(who))}" if run.status == Status.CANCELLED and who else look(run.status).word


def operator() -> str:
    """Return who uses this machine, for `requested_by`."""
    import getpass
    import socket

    try:
        return f"{getpass.getuser()}@{socket.gethostname()}"
    except (KeyError, OSError):  # a user without a name
        return f"uid-{os.getuid()}" if hasattr(os, "getuid") else sys.platform
