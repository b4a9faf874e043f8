"""Faults of the account in memory, on demand."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field


@dataclass(kw_only=True)
class Faults:
    """Faults on demand. Each name is a resource's type and logical name, such as `Table journal`.

    Attributes:
        refuse: Cannot be created.
        hang: A create of it waits until `released` is set.
        hanging: Set when a create waits.
        released: Ends the wait.
    """

    refuse: set[str] = field(default_factory=set)
    hang: set[str] = field(default_factory=set)
    hanging: threading.Event = field(default_factory=threading.Event)
    released: threading.Event = field(default_factory=threading.Event)
