"""The folder of built bundles, which several processes may use at once."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

# The number of bundles per name that stay in the cache: another process may still read the previous ones.
_KEPT = 4


@contextlib.contextmanager
def atomic(path: Path) -> Iterator[Path]:
    """Yield a temporary path that is renamed to `path` at the end. If two processes do this, their content is equal."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix="draft-")
    os.close(handle)
    draft = Path(name)
    try:
        yield draft
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


def forget_old(cache: Path, name: str) -> None:
    """Delete all but the newest bundles of a name, and all but the newest zips of its packages."""
    packages_zips = set(cache.glob(f"{name}-packages-*.zip"))
    bundles = set(cache.glob(f"{name}-*.zip")) - packages_zips
    for kind in (packages_zips, bundles):
        for zip_path in sorted(kind, key=_age)[_KEPT:]:
            zip_path.with_suffix(".json").unlink(missing_ok=True)
            zip_path.unlink(missing_ok=True)


def _age(path: Path) -> float:
    try:
        return -path.stat().st_mtime
    except FileNotFoundError:  # another process has just deleted it
        return 0.0
