"""Writes a report to files, all of them below one folder."""

from __future__ import annotations

from pathlib import Path, PurePosixPath

from agent.harness.journal.visible_text import visible
from runs.errors import RunsError


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
