"""Writes zips reproducibly: equal files give equal bytes on every machine at any time."""

from __future__ import annotations

import hashlib
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

BYTECODE_SUFFIX = ".pyc"

# Zips cannot store a time before 1980.
_TIME = (1980, 1, 1, 0, 0, 0)
_POSIX = 3
_REGULAR_FILE = 0o100000
_FILE_MODE = 0o644
_EXECUTABLE_MODE = 0o755


@dataclass(frozen=True, kw_only=True)
class Contents:
    """The contents of a zip.

    Attributes:
        digest: Digest of names, modes and contents of all files except bytecode; independent of compression.
        unpacked_bytes: Size of all files together.
        files: Number of files.
    """

    digest: str
    unpacked_bytes: int
    files: int


def append(path: Path, files: Mapping[str, bytes]) -> None:
    """Add files to a zip in the order of their names. An empty file becomes a zip.

    Modes are POSIX and explicit, because AWS unpacks files with the modes in the zip.

    Raises:
        FileExistsError: The zip already has a file of this name.
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
    """Return the contents of a zip."""
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
