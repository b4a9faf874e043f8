"""A preview as a comment on GitHub: errors, then changes, then details. A note states what is cut."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from preview.changes import KINDS, Change, Preview
from preview.values import difference, one_line

LIMIT = 65_000
"""Most bytes of a comment. The limit of GitHub is 65,536 characters."""

_MESSAGES_SHARE = 20_000
_TABLES_SHARE = 50_000
_NOTE = 300
"""Bytes reserved for the note about what is cut."""

_HEADINGS = {
    "replace": "to replace: deleted and created again",
    "delete": "to delete",
    "update": "to update",
    "create": "to create",
    "import": "to import",
}


def write(preview: Preview, *, log: str) -> str:
    """Return the comment, at most `LIMIT` bytes.

    Args:
        preview: The preview.
        log: Address of the run with the whole log.
    """
    page = _heading(preview) + "\n\n"
    for title, messages in (
        ("Errors", preview.errors),
        ("Violated policies", preview.violations),
        ("Warnings", preview.warnings),
    ):
        page += _messages(title, messages, _MESSAGES_SHARE - _size(page), log)
    if preview.failed and preview.changes:
        page += "Pulumi stopped early: there may be more changes than these.\n\n"
    for kind in KINDS:
        page += _table(kind, [c for c in preview.changes if c.kind == kind], _TABLES_SHARE - _size(page), log)
    return page + _details(preview.changes, LIMIT - _size(page), log)


def _heading(preview: Preview) -> str:
    counts = [(sum(c.kind == kind for c in preview.changes), kind) for kind in KINDS]
    found = ", ".join(f"{count} to {kind}" for count, kind in counts if count)
    summary = "failed" if preview.failed else found or "nothing changes"
    unchanged = "" if preview.failed or not preview.unchanged else f"\n\nUnchanged resources: {preview.unchanged}."
    # `.github/scripts/comment` finds the stack's earlier comment by this first line.
    return f"<!-- preview {preview.stack} -->\n### Preview of `{preview.stack}`: {summary}{unchanged}"


def _messages(title: str, messages: tuple[str, ...], room: int, log: str) -> str:
    if not messages:
        return ""
    lines = [line for message in messages for line in [*message.splitlines(), ""]][:-1]
    kept = list(_fitting(lines, room - _NOTE))
    cut = len(lines) - len(kept)
    note = f"\n{cut} more lines are cut here: [the log]({log}) has them.\n" if cut else ""
    return f"#### {title}\n\n{_fenced('text', kept) if kept else ''}{note}\n"


def _table(kind: str, changes: list[Change], room: int, log: str) -> str:
    if not changes:
        return ""
    reasons = kind in {"replace", "update"}
    head = ["Component", "Type", "Name", *(["Because of" if kind == "replace" else "What differs"] if reasons else [])]
    rows = [
        _row([change.component, change.type, change.name, *([_differing(change)] if reasons else [])])
        for change in changes
    ]
    start = f"#### {len(changes)} {_HEADINGS[kind]}\n\n| {' | '.join(head)} |\n|{'---|' * len(head)}\n"
    kept = list(_fitting(rows, room - _size(start) - _NOTE))
    cut = len(rows) - len(kept)
    note = f"\n{cut} more {_HEADINGS[kind].partition(':')[0]} are cut here: [the log]({log}) has them.\n" if cut else ""
    return (start + "\n".join(kept) + "\n" if kept else f"#### {len(changes)} {_HEADINGS[kind]}\n") + note + "\n"


def _differing(change: Change) -> list[str]:
    causes = [p.path for p in change.properties if p.forces_replacement]
    paths = causes or [p.path for p in change.properties]
    return [*paths[:8], *([f"and {len(paths) - 8} more"] if len(paths) > 8 else [])]


def _row(cells: Iterable[str | list[str]]) -> str:
    return "| " + " | ".join(", ".join(map(_code, [c] if isinstance(c, str) else c)) for c in cells) + " |"


def _code(text: str) -> str:
    text = re.sub(r"\s", " ", text).replace("`", "'").replace("|", r"\|")
    return f"`{text}`" if text else ""


def _details(changes: tuple[Change, ...], room: int, log: str) -> str:
    with_details = [change for change in changes if change.properties]
    if not with_details:
        return ""
    start, end = "<details><summary>Details</summary>\n\n", "</details>\n"
    room -= _size(start) + _size(end) + _NOTE
    lines: list[str] = []
    left = len(with_details)
    for change in with_details:
        more = [*lines, *_lines(change)]
        if _size(_fenced("diff", more)) > room:
            break
        lines, left = more, left - 1
    # The note is above the folded details, so that readers see it.
    note = f"The details of {left} of {len(with_details)} resources are cut here: [the log]({log}) has them.\n\n"
    return (note if left else "") + (start + _fenced("diff", lines) + "\n" + end if lines else "")


def _lines(change: Change) -> Iterator[str]:
    yield f"@@ {change.kind} {change.type} {change.name} @@"
    for p in change.properties:
        if change.kind == "create":
            yield f"+ {p.path}: {one_line(p.after)}"
            continue
        if p.forces_replacement:
            yield f"! {p.path} forces the replacement"
        yield from difference(p.path, p.before, p.after)


def _fenced(language: str, lines: list[str]) -> str:
    """Return lines as a code block, with a fence that is longer than any fence in the lines."""
    longest = max((len(run) for line in lines for run in re.findall(r"`+", line)), default=0)
    fence = "`" * max(3, longest + 1)
    return "\n".join([fence + language, *lines, fence]) + "\n"


def _fitting(lines: Iterable[str], room: int) -> Iterator[str]:
    """Yield the first lines that fit into a number of bytes."""
    for line in lines:
        room -= _size(line) + 1
        if room < 0:
            return
        yield line


def _size(text: str) -> int:
    return len(text.encode())
