"""Zips that come out the same wherever and whenever they are written."""

from __future__ import annotations

import hashlib
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

BYTECODE_SUFFIX = ".pyc"

# Zips know no time before 1980.
_TIME = (1980, 1, 1, 0, 0, 0)
_POSIX = 3
_REGULAR_FILE = 0o100000
_FILE_MODE = 0o644
_EXECUTABLE_MODE = 0o755


@dataclass(frozen=True, kw_only=True)
class Contents:
    """What is in a zip.

    Attributes:
        digest: Of names, modes and contents of all files except bytecode; independent of how they were compressed.
        unpacked_bytes: Size of all files together.
        files: How many there are.
    """

    digest: str
    unpacked_bytes: int
    files: int


def append(path: Path, files: Mapping[str, bytes]) -> None:
    """Add files to a zip, in the order of their names; an empty file becomes a zip.

    Modes are POSIX and explicit: AWS unpacks with the modes that it finds.

    Raises:
        FileExistsError: A file of that name is there already.
    """
    with zipfile.ZipFile(path, "a") as archive:
        taken = set(archive.namelist())
        for name, content in sorted(files.items()):
            if name in taken:
                raise FileExistsError(name)
            entry = zipfile.ZipInfo(name, _TIME)
            entry.create_system = _POSIX
            entry.external_attr = (_REGULAR_FILE | _mode(name)) << 16
            archive.writestr(entry, content, zipfile.ZIP_DEFLATED, 6)


def read_contents(path: Path) -> Contents:
    """Look through a zip."""
    digest = hashlib.sha256()
    with zipfile.ZipFile(path) as archive:
        entries = sorted(archive.infolist(), key=lambda entry: entry.filename)
        for entry in entries:
            if entry.filename.endswith(BYTECODE_SUFFIX):
                continue
            content = hashlib.sha256(archive.read(entry)).hexdigest()
            digest.update(f"{entry.filename}\0{entry.external_attr}\0{content}\n".encode())
    return Contents(
        digest=digest.hexdigest()[:32],
        unpacked_bytes=sum(entry.file_size for entry in entries),
        files=len(entries),
    )


def _mode(name: str) -> int:
    executable = name.startswith("bin/") or name.endswith(".so") or ".so." in name
    return _EXECUTABLE_MODE if executable else _FILE_MODE
