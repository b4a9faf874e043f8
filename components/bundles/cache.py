"""The folder of built bundles, which several processes may use at once."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

# The number of bundles per name that stay in the cache: another process may still read the previous ones.
_KEPT = 4
# What the drafts of zips and the folders of installed packages begin with.
_DRAFT, INSTALLATION = "draft-", "install-"
# Drafts and installations of this age belong to a build that was killed.
_ABANDONED_SECONDS = 24 * 60 * 60


@contextlib.contextmanager
def atomic(path: Path) -> Iterator[Path]:
    """Yield a temporary path that is renamed to `path` at the end. If two processes do this, their content is equal."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=_DRAFT)
    os.close(handle)
    draft = Path(name)
    try:
        yield draft
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


def forget_old(cache: Path, name: str) -> None:
    """Delete all but the newest bundles of a name, all but the newest zips of its packages, and what was abandoned."""
    packages_zips = set(cache.glob(f"{name}-packages-*.zip"))
    bundles = set(cache.glob(f"{name}-*.zip")) - packages_zips
    for kind in (packages_zips, bundles):
        for zip_path in sorted(kind, key=_changed_at, reverse=True)[_KEPT:]:
            zip_path.with_suffix(".json").unlink(missing_ok=True)
            zip_path.unlink(missing_ok=True)
    for path in cache.iterdir():
        if path.name.startswith((_DRAFT, INSTALLATION)) and time.time() - _changed_at(path) > _ABANDONED_SECONDS:
            if path.is_dir():
                shutil.rmtree(path, ignore_errors=True)
            else:
                path.unlink(missing_ok=True)


def _changed_at(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except FileNotFoundError:  # another process has just deleted it
        return 0.0
