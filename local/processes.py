"""Child processes that end with this process, even when it is killed."""

import atexit
import os
import random
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol

from local import watchdog

PROJECT = Path(__file__).resolve().parent.parent

STATE = PROJECT / ".local"
"""The directory of all that the local stack writes: logs, reports, and the file of a stack that is up."""

# A child inherits only these variables: no credentials or endpoints of a real account, and no Python settings that
# slow its start down (PYTHONDONTWRITEBYTECODE).
_INHERITED = ("PATH", "HOME", "USER", "LANG", "LC_ALL", "TZ", "TMPDIR", "SSL_CERT_FILE")

# Below the ports that operating systems use for outgoing connections. A port that was free when it was chosen is then
# still free when the child binds it.
_PORTS = range(20_000, 32_000)


def base_environment() -> dict[str, str]:
    """Return the environment variables that every child gets."""
    inherited = {name: os.environ[name] for name in _INHERITED if name in os.environ}
    return inherited | {"PYTHONUNBUFFERED": "1", "NO_PROXY": "127.0.0.1,localhost", "no_proxy": "127.0.0.1,localhost"}


def aws_environment(*, endpoint: str, region: str, access_key: str, secret_key: str, token: str = "") -> dict[str, str]:
    """Return the variables that give any AWS SDK this endpoint and these credentials, and no others."""
    environment = {
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_REGION": region,
        "AWS_DEFAULT_REGION": region,
        "AWS_ACCESS_KEY_ID": access_key,
        "AWS_SECRET_ACCESS_KEY": secret_key,
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    }
    return environment | {"AWS_SESSION_TOKEN": token} if token else environment


def is_free(port: int) -> bool:
    """Return whether a server can listen on this loopback port now."""
    with socket.socket() as probe:
        # Servers set this option too: a port in TIME_WAIT counts as free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def free_port() -> int:
    """Return a loopback port on which nothing listens.

    Raises:
        OSError: No port of the range is free.
    """
    first = random.randrange(len(_PORTS))  # noqa: S311 (no secret)
    for number in range(len(_PORTS)):
        if is_free(port := _PORTS[(first + number) % len(_PORTS)]):
            return port
    raise OSError(f"No loopback port from {_PORTS.start} to {_PORTS.stop - 1} is free: end some processes")


def spawn(
    command: list[str],
    *,
    environment: Mapping[str, str],
    log: Path,
    directory: Path = PROJECT,
    pass_fds: Sequence[int] = (),
) -> subprocess.Popen[bytes]:
    """Start a child in its own process group, under the watchdog. Its output is appended to the log."""
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as output:
        process = subprocess.Popen(  # noqa: S603 (all commands come from this project)
            command,
            env=dict(environment),
            cwd=directory,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            pass_fds=pass_fds,
        )
    _watchdog.send(f"+{process.pid}")
    return process


def adopt(pid: int) -> None:
    """Put a grandchild that leads a process group under the watchdog."""
    _watchdog.send(f"+{pid}")


def end(process: subprocess.Popen[bytes], *, grace_seconds: float) -> None:
    """End a child and its process group: SIGTERM first, SIGKILL after the grace period."""
    watchdog.signal_groups({process.pid}, signal.SIGTERM)
    try:
        process.wait(grace_seconds)
    except subprocess.TimeoutExpired:
        watchdog.signal_groups({process.pid}, signal.SIGKILL)
        process.wait()
    clean_up(process)


def clean_up(process: "HasPid") -> None:
    """Clean up after a child that has ended: kill the rest of its group, and remove it from the watchdog's list."""
    watchdog.signal_groups({process.pid}, signal.SIGKILL)
    _watchdog.send(f"-{process.pid}")


def last_lines(log: Path, count: int = 5) -> str:
    """Return the last lines of a log file, for an error message."""
    lines = log.read_text(errors="replace").splitlines() if log.exists() else []
    return "\n".join(lines[-count:]) or "(it wrote nothing)"


class HasPid(Protocol):
    """A process that leads its process group."""

    pid: int


def share_with_watchdog(descriptor: int) -> None:
    """Let the watchdog keep a file open as long as it lives, and with it the file's lock. Call it before `spawn`."""
    _watchdog.descriptors.append(descriptor)


def remove_at_end(path: Path) -> None:
    """Let the watchdog remove a file when this process has ended, however it ends."""
    _watchdog.send(str(path.absolute()))


class _Watchdog:
    """The watchdog of this process. It starts with the first line.

    Attributes:
        descriptors: Files that it inherits.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self.descriptors: list[int] = []

    def send(self, line: str) -> None:
        with self._lock:
            if self._process is None:
                self._process = subprocess.Popen(  # noqa: S603
                    [sys.executable, "-I", "-S", watchdog.__file__],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.DEVNULL,
                    start_new_session=True,
                    pass_fds=self.descriptors,
                    cwd="/",
                )
                atexit.register(self._dismiss)
            assert self._process.stdin is not None
            self._process.stdin.write(line.encode() + b"\n")
            self._process.stdin.flush()

    def _dismiss(self) -> None:
        assert self._process is not None
        self._process.communicate()


_watchdog = _Watchdog()
