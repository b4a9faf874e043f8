"""The terminal: its width, colours and characters, and lines that always fit."""

from __future__ import annotations

import json
import os
import textwrap
from typing import TYPE_CHECKING, Any, TextIO

from agent.harness.journal.visible_text import visible
from runs.cli.text import encodes, look

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

_ASCII = str.maketrans({"–": "-", "·": "|", "…": "...", "→": "->"})  # noqa: RUF001  # as in tables


class Screen:
    """Where the command line writes.

    Args:
        as_json: Whether only JSON may be written.
        stream: Where to write; the standard output if None.
    """

    def __init__(self, *, as_json: bool = False, stream: TextIO | None = None) -> None:
        from rich.console import Console

        class _Console(Console):
            def on_broken_pipe(self) -> None:
                raise BrokenPipeError  # rich would end the program

        self.as_json = as_json
        self.console: Console = _Console(file=stream, highlight=False, emoji=False, markup=False, soft_wrap=True)
        self.shows_signs = encodes(self.console.encoding)
        columns = os.environ.get("COLUMNS", "")
        # Without a terminal, lines are not cut: a program or a file reads them.
        self.width = self.console.width if self.console.is_terminal else int(columns) if columns.isdigit() else None

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

    def whole(self, line: str) -> None:
        """Print one line of safe text that is never cut."""
        self.console.out(self._shown(line), highlight=False)

    def wrapped(self, paragraph: str, *parts: str | Text, indent: int) -> None:
        """Print safe text in as many lines as it needs.

        Args:
            paragraph: The text.
            parts: What the first line begins with, instead of spaces; as wide as `indent`.
            indent: How many characters are before each line.
        """
        width = max(self.width - indent, 20) if self.width else None
        shown = self._shown(" ".join(paragraph.split()))
        lines = textwrap.wrap(shown, width, break_on_hyphens=False) if width else [shown]
        for number, line in enumerate(lines):
            self.line(*(parts if parts and number == 0 else (" " * indent,)), line)

    def text(self, text: str) -> None:
        """Write text as it is. Without a terminal, it is what a program or a file reads."""
        if self.console.is_terminal:
            text = visible(text)
        stream = self.console.file
        stream.write(text if self.shows_signs else text.encode("ascii", "backslashreplace").decode())

    def document(self, document: Any) -> None:
        """Print a JSON document."""
        self.text(json.dumps(document, indent=2, ensure_ascii=not self.shows_signs, default=str) + "\n")

    def fit(self, text: str, width: int) -> str:
        """Return text of at most so many characters."""
        shown = self._shown(text)
        mark = "…" if self.shows_signs else "~"
        return shown if len(shown) <= width else shown[: width - 1] + mark

    def _shown(self, text: str) -> str:
        shown = visible(text, meant="")
        if self.shows_signs:
            return shown
        return shown.translate(_ASCII).encode("ascii", "backslashreplace").decode()
