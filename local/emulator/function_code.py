"""Unpacks the code of functions once, for all processes of all emulated accounts of this machine.

MiniStack unpacks a function's zip for each of its processes, and each process compiles all its imports. Here they share
a folder that also keeps the bytecode. No function may write to its code: on AWS that folder is read-only.
"""

import contextlib
import hashlib
import os
import shutil
import tempfile
import time
import zipfile
from pathlib import Path
from typing import Any

# A folder that was not used for so long is removed. Each new process of a function uses its folder.
_KEPT_SECONDS = 24 * 60 * 60


class SharedZip(zipfile.ZipFile):
    """A zip that is unpacked once into `FUNCTION_CODE`. Other folders become links to it."""

    def extractall(self, path: Any = None, *_: Any, **__: Any) -> None:
        """Replace an empty folder by a link to the unpacked zip."""
        assert self.filename is not None
        digest = hashlib.sha256(Path(self.filename).read_bytes()).hexdigest()
        shared = Path(os.environ["FUNCTION_CODE"]) / digest[:32]
        if not shared.exists():
            self._unpack(shared)
        os.utime(shared)
        Path(path).rmdir()
        Path(path).symlink_to(shared)

    def _unpack(self, shared: Path) -> None:
        shared.parent.mkdir(parents=True, exist_ok=True)
        for other in shared.parent.iterdir():
            with contextlib.suppress(FileNotFoundError):  # another process has just renamed its draft
                if time.time() - other.stat().st_mtime > _KEPT_SECONDS:
                    shutil.rmtree(other, ignore_errors=True)
        draft = tempfile.mkdtemp(dir=shared.parent)
        super().extractall(draft)
        try:
            Path(draft).rename(shared)
        except OSError:  # another process was faster
            shutil.rmtree(draft)
