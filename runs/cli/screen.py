"""The terminal: its width, colours and characters, and lines that always fit."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

from agent.harness.journal.visible_text import visible
from runs.cli.text import encodes, look

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

_NARROW = 80


class Screen:
    """Where the command line writes.

    Args:
        as_json: Whether only JSON may be written.
    """

    def __init__(self, *, as_json: bool = False) -> None:
        from rich.console import Console

        self.as_json = as_json
        self.console: Console = Console(highlight=False, emoji=False, markup=False, soft_wrap=True)
        self.shows_signs = encodes(self.console.encoding)
        # Without a terminal, lines are not cut: a program or a file reads them.
        self.width = self.console.width if self.console.is_terminal else int(os.environ.get("COLUMNS", 0)) or None

    def status(self, status: str) -> Text:
        """Return a status as sign and word."""
        from rich.text import Text

        one = look(status)
        return Text(f"{one.sign if self.shows_signs else one.ascii_sign} {one.word}", style=one.colour)

    def cut(self, *parts: str | Text) -> Text:
        """Return one line of safe text, cut to the terminal's width."""
        from rich.text import Text

        text = Text.assemble(*(Text(self._shown(part)) if isinstance(part, str) else part for part in parts))
        if self.width:
            text.truncate(self.width, overflow="ellipsis" if self.shows_signs else "crop")
        text.rstrip()
        return text

    def line(self, *parts: str | Text) -> None:
        """Print one line, cut to the terminal's width."""
        self.console.print(self.cut(*parts), no_wrap=True, overflow="ignore", crop=False)

    def document(self, document: Any) -> None:
        """Print a JSON document."""
        self.console.out(json.dumps(document, indent=2, ensure_ascii=not self.shows_signs))

    def _shown(self, text: str) -> str:
        shown = visible(text, meant="")
        return shown if self.shows_signs else shown.encode("ascii", "backslashreplace").decode()
