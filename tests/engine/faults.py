"""What goes wrong in the account in memory, on demand."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field


@dataclass(kw_only=True)
class Faults:
    """What goes wrong on demand; each name is a resource's logical name, with its type before it: `Table journal`.

    Attributes:
        refuse: Cannot be created.
        hang: A create of it waits until `released` is set.
        hanging: Set when one waits.
        released: Ends the waiting.
    """

    refuse: set[str] = field(default_factory=set)
    hang: set[str] = field(default_factory=set)
    hanging: threading.Event = field(default_factory=threading.Event)
    released: threading.Event = field(default_factory=threading.Event)
