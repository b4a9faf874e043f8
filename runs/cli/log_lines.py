"""`runs logs`: one line of a log."""

from __future__ import annotations

import json

from runs.cli.screen import Screen
from runs.logs.line import LogLine

_SOURCE_WIDTH = 8


def print_line(screen: Screen, line: LogLine) -> None:
    """Print a line; with JSON, as one object. Long lines are not cut: their end is often what matters."""
    if screen.as_json:
        at = line.at.isoformat(timespec="milliseconds")
        document = {"at": at, "source": line.source, "level": line.level, "text": line.text}
        screen.text(json.dumps(document, ensure_ascii=not screen.shows_signs) + "\n")
        return
    level = f"{line.level} " if line.level and line.level != "INFO" else ""
    screen.whole(f"{line.at.astimezone():%H:%M:%S}  {line.source:<{_SOURCE_WIDTH}}  {level}{line.text}")
