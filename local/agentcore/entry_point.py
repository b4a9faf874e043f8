"""The file that starts an agent, read from its bundle. Locally it runs with this machine's packages and sources."""

import hashlib
import io
import threading
import zipfile
from collections.abc import Callable
from pathlib import Path

from local.agentcore.session import Code
from local.emulator.account import Account


class EntryPoints:
    """The entry points of all runtimes.

    Args:
        account: Returns the account that holds the bundles.
        folder: The folder for the files.
    """

    def __init__(self, account: Callable[[], Account], folder: Path) -> None:
        self._account = account
        self._folder = folder
        self._lock = threading.Lock()

    def path(self, code: Code) -> Path:
        """Return the path of an entry point. The first call for a bundle reads it from the account.

        Raises:
            ClientError: The bundle does not exist.
            KeyError: The bundle has no such file.
        """
        name = hashlib.sha256(f"{code.bucket}/{code.key}".encode()).hexdigest()[:16]
        path = self._folder / name / code.entry_point
        with self._lock:
            if not path.exists():
                bundle = self._account().client("s3").get_object(Bucket=code.bucket, Key=code.key)["Body"].read()
                with zipfile.ZipFile(io.BytesIO(bundle)) as archive:
                    content = archive.read(code.entry_point)
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(content)
        return path
