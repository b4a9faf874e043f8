"""One AgentCore session, its runtime, and the reasons why it can end or be refused."""

import asyncio
import enum
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from local.agentcore.limits import Limits


@dataclass(frozen=True, kw_only=True)
class Code:
    """Where the code of a runtime is.

    Attributes:
        bucket: The bucket of the bundle.
        key: The bundle's key.
        entry_point: The file of the bundle that starts the agent.
    """

    bucket: str
    key: str
    entry_point: str


@dataclass(frozen=True, kw_only=True)
class Runtime:
    """An agent runtime as the control plane describes it.

    Attributes:
        arn: The runtime's ARN.
        role_arn: The execution role.
        code: The declared code.
        environment: The declared environment variables.
        version: The runtime's version, which each update raises.
        platform_version: How a session starts: V1 or V2.
        idle_seconds: The declared idleRuntimeSessionTimeout.
        lifetime_seconds: The declared maxLifetime.
    """

    arn: str
    role_arn: str
    code: Code
    environment: Mapping[str, str]
    version: str
    platform_version: str
    idle_seconds: float
    lifetime_seconds: float


class EndReason(enum.StrEnum):
    """Why a session has ended."""

    STOPPED = "stopped"
    IDLE = "idle"
    LIFETIME = "maximum lifetime reached"
    UNHEALTHY = "unhealthy"
    EXITED = "process exited"
    NOT_INITIALISED = "not initialised in time"


class RuntimeUnknownError(Exception):
    """There is no agent runtime with this ARN."""


class ThrottledError(Exception):
    """New sessions start faster than the quota allows. Try again later."""


class QuotaExceededError(Exception):
    """There are as many active sessions as the quota allows."""


class StoppingError(Exception):
    """The session is being stopped. Try again when it has ended."""


class InitialisationError(Exception):
    """The session's process did not start, or was not ready in time."""


class Process(Protocol):
    """The process of a session: a `subprocess.Popen`, or a process that was forked from a template."""

    pid: int
    returncode: int | None

    def poll(self) -> int | None:
        """Return the exit status; None while the process runs."""

    def wait(self) -> object:
        """Wait until the process has ended."""


class Session:
    """A session, from its first invocation to the end of its process. A later invocation starts a new session.

    Attributes:
        runtime: The runtime whose agent the session runs.
        session_id: The caller's name for the session.
        port: Port of the process.
        key: The secret that every request to the process has.
        log: Log file of the process.
        started_at: Monotonic seconds at which the session started.
        last_active_at: Monotonic seconds at which the session was last busy.
        in_flight: Invocations that the process is answering.
        failed_pings: Failed pings in a row.
        end_reason: Why the session has ended; None before that.
        process: The process; None before it has started.
        ready: Done when the process has answered its first ping, or has failed to.
        ended: Set when the process has ended.
        stopping: Whether the session is being stopped.
    """

    def __init__(self, runtime: Runtime, session_id: str, *, port: int, log_file: Path, now: float) -> None:
        self.runtime = runtime
        self.session_id = session_id
        self.port = port
        self.key = secrets.token_urlsafe(32)
        self.log = log_file
        self.started_at = now
        self.last_active_at = now
        self.in_flight = 0
        self.failed_pings = 0
        self.end_reason: EndReason | None = None
        self.process: Process | None = None
        self.ready: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.ended = asyncio.Event()
        self.stopping = False
        self._nudge = asyncio.Event()

    @property
    def url(self) -> str:
        """The URL on which the agent listens."""
        return f"http://127.0.0.1:{self.port}"

    def nudge(self) -> None:
        """Wake up the task that waits in `pause`."""
        self._nudge.set()

    async def pause(self, seconds: float) -> None:
        """Wait for `nudge`, for `seconds` at most."""
        try:
            async with asyncio.timeout(seconds):
                await self._nudge.wait()
        except TimeoutError:
            return
        self._nudge.clear()


def reason_to_end(session: Session, limits: Limits, now: float) -> EndReason | None:
    """Return why a started session has to end now, or None when it may go on.

    Args:
        session: The session. Its `last_active_at` moves on while it answers invocations.
        limits: Quotas and times.
        now: Monotonic seconds.
    """
    assert session.process is not None
    if session.stopping:
        return EndReason.STOPPED
    if session.process.poll() is not None:
        return EndReason.EXITED
    if not session.ready.done():
        overdue = now - session.started_at > limits.initialisation_seconds
        return EndReason.NOT_INITIALISED if overdue else None
    if session.failed_pings >= limits.failed_pings:
        return EndReason.UNHEALTHY
    if now - session.started_at > (limits.lifetime_seconds or session.runtime.lifetime_seconds):
        return EndReason.LIFETIME
    if session.in_flight:
        session.last_active_at = now
    if now - session.last_active_at > (limits.idle_seconds or session.runtime.idle_seconds):
        return EndReason.IDLE
    return None
