"""MiniStack, the emulated AWS account, as a child process on a loopback port."""

import importlib.util
import json
import shutil
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from types import TracebackType

from local import processes
from local.emulator.account import REGION, Account
from local.errors import LocalStackError

# Started by its path, in a folder of its own: the emulated functions must not see this project on their import path.
_SERVER = Path(__file__).with_name("ministack_as_aws.py")

# Shared by all accounts, as are the bundles.
_FUNCTION_CODE = processes.PROJECT / ".cache" / "function-code"

_OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class Emulator:
    """An emulated account that enforces IAM. It keeps everything in memory.

    Use it as a context manager. To do other work while it starts, call `start`, `wait_until_ready` and `stop`.

    Args:
        directory: The directory for the log and temporary files.
        region: Region of all resources.
        port: Loopback port; a free port when None.
        wait_scale: Factor on the waits of state machines.
        ready_seconds: Time to answer the first request.
        grace_seconds: Time to end before the process is killed.
    """

    def __init__(
        self,
        directory: Path,
        *,
        region: str = REGION,
        port: int | None = None,
        wait_scale: float = 1.0,
        ready_seconds: float = 30.0,
        grace_seconds: float = 3.0,
    ) -> None:
        self.log = directory / "emulator.log"
        self.port = port or processes.free_port()
        self.account = Account(f"http://127.0.0.1:{self.port}", region=region)
        self._temporary = directory / "tmp"
        self._wait_scale = wait_scale
        self._ready_seconds = ready_seconds
        self._grace_seconds = grace_seconds
        self._process: subprocess.Popen[bytes] | None = None
        self._is_ready = False

    def __enter__(self) -> "Emulator":
        self.start()
        try:
            self.wait_until_ready()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Start the process, and return without waiting for it.

        Raises:
            LocalStackError: MiniStack is not installed, or the port is in use.
        """
        if importlib.util.find_spec("ministack") is None:
            raise LocalStackError("The emulated account (MiniStack) is not installed: run 'make setup'")
        if not processes.is_free(self.port):
            raise LocalStackError(
                f"Port {self.port} is in use: end the process that listens there, or choose another port with --port"
            )
        self._temporary.mkdir(parents=True, exist_ok=True)
        self._process = processes.spawn(
            [sys.executable, "-P", str(_SERVER)],
            environment=self._environment(),
            log=self.log,
            directory=self._temporary,
        )

    def wait_until_ready(self) -> None:
        """Wait for the first answer of the process. Later calls only check that the process is running.

        Raises:
            LocalStackError: The process has ended, or has not answered in time.
        """
        deadline = time.monotonic() + self._ready_seconds
        while True:
            process = self._process
            if process is None:
                raise LocalStackError("The emulated account is stopped: start it again")
            if process.poll() is not None:
                raise LocalStackError(
                    f"The emulated account has ended with status {process.returncode}. "
                    f"The last lines of {self.log}:\n{processes.last_lines(self.log)}"
                )
            if self._is_ready or self._is_healthy():
                self._is_ready = True
                return
            if time.monotonic() > deadline:
                raise LocalStackError(
                    f"The emulated account has not answered within {self._ready_seconds:g} s: "
                    f"stop other work on this machine, or read {self.log}"
                )
            time.sleep(0.02)

    def stop(self) -> None:
        """End the process and all its children. A second call does nothing."""
        if self._process is not None:
            processes.end(self._process, grace_seconds=self._grace_seconds)
            self._process = None
            shutil.rmtree(self._temporary, ignore_errors=True)

    @property
    def pid(self) -> int:
        """Id of the running process."""
        assert self._process is not None, "Call start() first"
        return self._process.pid

    def _environment(self) -> dict[str, str]:
        return processes.base_environment() | {
            "AUTH": "true",
            "AWS_ACCESS_KEY_ID": self.account.access_key,
            "AWS_SECRET_ACCESS_KEY": self.account.secret_key,
            "BIND_HOST": "127.0.0.1",
            "FUNCTION_CODE": str(_FUNCTION_CODE),
            "GATEWAY_PORT": str(self.port),
            "IOT_MTLS_ENABLED": "0",
            "LOG_LEVEL": "INFO",
            "MINISTACK_ACCOUNT_ID": self.account.account_id,
            "MINISTACK_HOST": "127.0.0.1",
            "MINISTACK_REGION": self.account.region,
            # Otherwise MiniStack searches the metadata of all installed packages.
            "MINISTACK_VERSION": "pinned",
            "SFN_WAIT_SCALE": f"{self._wait_scale:g}",
            "SFTP_ENABLED": "0",
            "TMPDIR": str(self._temporary),
        }

    def _is_healthy(self) -> bool:
        signed = {"Authorization": f"AWS4-HMAC-SHA256 Credential={self.account.access_key}/"}
        request = urllib.request.Request(f"{self.account.endpoint}/_ministack/health", headers=signed)  # noqa: S310
        try:
            with _OPENER.open(request, timeout=2) as answer:
                return bool(json.load(answer))
        except (urllib.error.URLError, OSError):
            return False
