"""The fenced blocks of the documentation: what a reader copies, runs or compares."""

from __future__ import annotations

import re
import textwrap

from tests.components.recorded import PROJECT

_FENCED = re.compile(r"^( *)```[^\n`]*\n(.*?)^\1```$", re.DOTALL | re.MULTILINE)


def pages() -> list[str]:
    """Return the names of all pages for people."""
    folders = ("", "bootstrap", "package", "docs", "docs/decisions")
    return [str(path.relative_to(PROJECT)) for folder in folders for path in sorted((PROJECT / folder).glob("*.md"))]


def blocks(page: str) -> list[str]:
    """Return the text of each block of a page, in order."""
    text = (PROJECT / page).read_text(encoding="utf-8")
    return [textwrap.dedent(found[2]) for found in _FENCED.finditer(text)]


def block(page: str, part: str) -> str:
    """Return the text of the only block of a page that contains a part."""
    (found,) = (text for text in blocks(page) if part in text)
    return found


def files_shown(page: str) -> dict[str, str]:
    """Return the files that a page shows whole, by name."""
    text = (PROJECT / page).read_text(encoding="utf-8")
    return dict(re.findall(r"^```python (\S+)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL))


def commands(text: str) -> list[str]:
    """Return the commands of a block for the shell, without comments. A command continues in indented lines."""
    lines = [re.sub(r"(^|\s+)#.*", "", line) for line in text.splitlines()]
    return re.split(r"\n(?=\S)", "\n".join(filter(None, lines)))
