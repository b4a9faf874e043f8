"""Writes a report to files: all of them below one folder, and the findings as a table."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from agent.harness.journal.visible_text import visible
from runs.errors import RunsError

# A spreadsheet would evaluate a cell that begins with one of these.
_FORMULA_SIGNS = ("=", "+", "-", "@", "\t", "\r")


def inside(directory: Path, name: str) -> Path:
    """Return the path of a file below a folder.

    Raises:
        RunsError: The name leads out of the folder.
    """
    path = directory.joinpath(*PurePosixPath(name).parts)
    # Resolved, so that a link that is already in the folder leads nowhere else either.
    if name != visible(name, meant="") or "\\" in name or not path.resolve().is_relative_to(directory.resolve()):
        raise RunsError(
            f"The report has a file {visible(name, meant='')!r}, which is outside of {directory}: rename it"
        )
    return path


def write(path: Path, body: bytes) -> None:
    """Write a file and the folders above it.

    Raises:
        RunsError: The file cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(body)
    except OSError as error:
        raise RunsError(f"{path} cannot be written ({error.strerror}): choose another --output") from error


def findings_csv(document: bytes) -> str:
    """Return the findings of a `findings.json` as CSV: one row for each finding, nested members as `a.b`.

    Raises:
        RunsError: The document has no list of findings.
    """
    try:
        findings = json.loads(document)["findings"]
        rows = [_flat(finding) for finding in findings]
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise RunsError("The report's JSON has no list 'findings': use --format json") from error
    columns = list(dict.fromkeys(name for row in rows for name in row))
    table = io.StringIO()
    writer = csv.DictWriter(table, columns, restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return table.getvalue()


def _flat(value: Mapping[str, Any], prefix: str = "") -> dict[str, str]:
    row: dict[str, str] = {}
    for name, member in value.items():
        if isinstance(member, dict):
            row |= _flat(member, f"{prefix}{name}.")
        else:
            row[f"{prefix}{name}"] = _cell(member)
    return row


def _cell(value: Any) -> str:
    if value is None:
        return ""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return f"'{text}" if isinstance(value, str) and text.startswith(_FORMULA_SIGNS) and not _is_number(text) else text


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
