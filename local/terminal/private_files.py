"""Files that only their user can read: reports, logs and the data of accounts are nobody else's business."""

import contextlib
import os
import stat
from pathlib import Path

_USER_ONLY = 0o700


def make_private(folder: Path) -> None:
    """Make all that this process and its children write private to the user, and all that is in a folder already."""
    os.umask(0o777 & ~_USER_ONLY)
    for directory, _, names in os.walk(folder):
        for path in (Path(directory), *(Path(directory, name) for name in names)):
            # Another command may remove its files meanwhile. A file of another user is not ours to change.
            with contextlib.suppress(FileNotFoundError, PermissionError):
                if not path.is_symlink():
                    path.chmod(stat.S_IMODE(path.stat().st_mode) & _USER_ONLY)
