"""Reads descriptions from docstrings."""

from __future__ import annotations

import inspect
import re

# "    name: Text", which goes on in lines that are indented further.
_ATTRIBUTE = re.compile(r"^ {4}(\w+): (.*(?:\n {8}.*)*)", re.MULTILINE)


def summary(docstring: str) -> str:
    """Return the text before the sections of a docstring, with each paragraph in one line."""
    text = inspect.cleandoc(docstring).partition("\nAttributes:")[0].strip()
    return "\n\n".join(" ".join(paragraph.split()) for paragraph in text.split("\n\n"))


def attributes(documented: type) -> dict[str, str]:
    """Return the section "Attributes:" of a class: the description of each attribute in one line."""
    _, _, section = inspect.cleandoc(documented.__doc__ or "").partition("\nAttributes:\n")
    return {name: " ".join(text.split()) for name, text in _ATTRIBUTE.findall(section)}
