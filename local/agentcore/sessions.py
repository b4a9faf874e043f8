"""AgentCore sessions: one operating-system process each, where AgentCore has a microVM."""

import asyncio
import contextlib
import enum
import logging
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from local import processes, watchdog

log = logging.getLogger(__name__)

# Until a process has answered for the first time, an invocation waits for it.
_FIRST_PING_SECONDS = 0.02


@dataclass(frozen=True, kw_only=True)
class Limits:
    """AgentCore's quotas and times (its documentation's figures, where it gives one).

    Attributes:
        initialisation_seconds: How long a process may take to answer its first ping.
        ping_interval_seconds: How often a session is asked for its health.
        ping_timeout_seconds: How long an answer to that may take.
        failed_pings: How many in a row make a session unhealthy.
        idle_seconds: How long a session may be idle; when None, what its runtime declares.
        lifetime_seconds: How long a session may live; when None, what its runtime declares.
        stop_grace_seconds: From SIGTERM to SIGKILL.
        invocation_seconds: How long an invocation may take to be answered.
        new_sessions_per_second: How many sessions may begin, on average and at once.
        active_sessions: How many sessions may exist.
    """

    initialisation_seconds: float = 30.0
    ping_interval_seconds: float = 2.0
    ping_timeout_seconds: float = 10.0
    failed_pings: int = 3
    idle_seconds: float | None = None
    lifetime_seconds: float | None = None
    stop_grace_seconds: float = 5.0
    invocation_seconds: float = 900.0
    new_sessions_per_second: float = 25.0
    active_sessions: int = 2_500


@dataclass(frozen=True, kw_only=True)
class Runtime:
    """What the control plane knows of an agent runtime.

    Attributes:
        arn: The runtime's ARN.
        role_arn: The execution role.
        environment: The declared environment variables.
        idle_seconds: The declared idleRuntimeSessionTimeout.
        lifetime_seconds: The declared maxLifetime.
    """

    arn: str
    role_arn: str
    environment: Mapping[str, str]
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


class ThrottledError(Exception):
    """New sessions come faster than the quota allows; try again later."""


class QuotaExceededError(Exception):
    """There are as many active sessions as the quota allows."""


class StoppingError(Exception):
    """The session is being stopped; try again when it has ended."""


class InitialisationError(Exception):
    """The session's process could not be started, or was not ready in time."""


class TokenBucket:
    """A quota of so many per second, all of which may come at once.

    Args:
        rate: Tokens per second, and the most that are saved up.
        clock: Seconds that never go backwards.
    """

    def __init__(self, rate: float, clock: Callable[[], float]) -> None:
        self._rate = rate
        self._clock = clock
        self._capacity = max(rate, 1.0)
        self._tokens = self._capacity
        self._filled_at = clock()

    def take(self) -> bool:
        """Takes a token when there is one, and tells whether there was."""
        now = self._clock()
        self._tokens = min(self._capacity, self._tokens + (now - self._filled_at) * self._rate)
        self._filled_at = now
        if self._tokens < 1.0:
            return False
        self._tokens -= 1.0
        return True


class Session:
    """A session from its first invocation to the end of its process; an invocation after that begins another one.

    Attributes:
        runtime: The runtime whose agent it runs.
        session_id: The caller's name for it.
        port: Where its process listens.
        log: Where the process writes.
        in_flight: How many invocations it is answering.
        failed_pings: How many pings in a row have failed.
        end_reason: Why it has ended, once it has.
    """

    def __init__(self, runtime: Runtime, session_id: str, *, port: int, log_file: Path, now: float) -> None:
        self.runtime = runtime
        self.session_id = session_id
        self.port = port
        self.log = log_file
        self.started_at = now
        self.last_active_at = now
        self.in_flight = 0
        self.failed_pings = 0
        self.end_reason: EndReason | None = None
        self.process: subprocess.Popen[bytes] | None = None
        self.ready: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.ended = asyncio.Event()
        self.stopping = False
        self._nudge = asyncio.Event()

    @property
    def pid(self) -> int | None:
        """The process, once it has been started."""
        return self.process.pid if self.process else None

    @property
    def url(self) -> str:
        """Where the agent listens."""
        return f"http://127.0.0.1:{self.port}"

    def nudge(self) -> None:
        """Makes whoever sleeps in `pause` look at the session now."""
        self._nudge.set()

    async def pause(self, seconds: float) -> None:
        """Waits, at most until the session is nudged."""
        try:
            async with asyncio.timeout(seconds):
                await self._nudge.wait()
        except TimeoutError:
            return
        self._nudge.clear()


class Sessions:
    """All sessions of a data plane: begins them, watches their health, and ends them. Lives in one event loop.

    Args:
        limits: Quotas and times.
        command: What serves an agent on `$PORT`.
        environment: Gives the variables of a session's process, given its runtime and its id; may block.
        logs: The directory of the processes' log files.
        clock: Seconds that never go backwards.
        on_change: Called with a session when its process has started and again when it has ended.
    """

    def __init__(
        self,
        *,
        limits: Limits,
        command: list[str],
        environment: Callable[[Runtime, str], dict[str, str]],
        logs: Path,
        clock: Callable[[], float] = time.monotonic,
        on_change: Callable[[Session], None],
    ) -> None:
        self._limits = limits
        self._command = command
        self._environment = environment
        self._logs = logs
        self._clock = clock
        self._on_change = on_change
        self._bucket = TokenBucket(limits.new_sessions_per_second, clock)
        self._sessions: dict[tuple[str, str], Session] = {}
        self._lives: set[asyncio.Task[None]] = set()
        self._is_closing = False
        # A proxy that the environment names must never see loopback traffic.
        self._client = httpx.AsyncClient(timeout=limits.ping_timeout_seconds, trust_env=False)

    def find(self, runtime_arn: str, session_id: str) -> Session | None:
        """Returns the session, unless there is none."""
        return self._sessions.get((runtime_arn, session_id))

    async def obtain(self, runtime: Runtime, session_id: str) -> Session:
        """Returns the session, ready for an invocation; begins it when there is none.

        Raises:
            ThrottledError: When too many sessions begin.
            QuotaExceededError: When too many sessions exist.
            StoppingError: When it is just being stopped, or everything is.
            InitialisationError: When its process does not get ready.
        """
        session = self.find(runtime.arn, session_id)
        if session is None and not self._is_closing:
            session = self._begin(runtime, session_id)
        if session is None or session.stopping:
            raise StoppingError(session_id)
        await asyncio.shield(session.ready)
        return session

    async def stop(self, session: Session) -> None:
        """Stops a session and returns when its process has ended."""
        session.stopping = True
        session.nudge()
        await session.ended.wait()

    async def close(self) -> None:
        """Stops all sessions, and begins no more."""
        self._is_closing = True
        await asyncio.gather(*(self.stop(session) for session in self._sessions.values()))
        await asyncio.gather(*self._lives)
        await self._client.aclose()

    def _begin(self, runtime: Runtime, session_id: str) -> Session:
        if len(self._sessions) >= self._limits.active_sessions:
            raise QuotaExceededError(session_id)
        if not self._bucket.take():
            raise ThrottledError(session_id)
        log_file = self._logs / f"session-{session_id[:64]}.log"
        session = Session(runtime, session_id, port=processes.free_port(), log_file=log_file, now=self._clock())
        # Nobody may be waiting any more by the time the session turns out not to get ready.
        session.ready.add_done_callback(lambda ready: ready.cancelled() or ready.exception())
        self._sessions[runtime.arn, session_id] = session
        life = asyncio.create_task(self._live(session))
        self._lives.add(life)
        life.add_done_callback(self._lives.discard)
        return session

    async def _live(self, session: Session) -> None:
        """The whole life of a session, from its process's start to its end."""
        try:
            await self._start(session)
            pings = asyncio.create_task(self._keep_pinging(session))
            try:
                session.end_reason = await self._watch(session)
            finally:
                pings.cancel()
            failure: Exception = InitialisationError(f"{session.end_reason} before it was ready; see {session.log}")
        except Exception as error:
            log.exception("session %s failed", session.session_id)
            session.end_reason, failure = EndReason.NOT_INITIALISED, InitialisationError(str(error))
        if session.process is not None:
            await self._end(session, session.process)
        if not session.ready.done():
            session.ready.set_exception(
                StoppingError(session.session_id) if session.end_reason == EndReason.STOPPED else failure
            )
        del self._sessions[session.runtime.arn, session.session_id]
        session.ended.set()
        log.info("session %s ended: %s", session.session_id, session.end_reason)
        if session.process is not None:
            self._on_change(session)

    async def _start(self, session: Session) -> None:
        environment = await asyncio.to_thread(self._environment, session.runtime, session.session_id)
        session.process = processes.spawn(
            self._command, environment=environment | {"PORT": str(session.port)}, log=session.log
        )
        threading.Thread(
            target=_await_exit, args=(session.process, asyncio.get_running_loop(), session), daemon=True
        ).start()
        log.info("session %s started: process %d", session.session_id, session.process.pid)
        self._on_change(session)

    async def _keep_pinging(self, session: Session) -> None:
        while True:
            answer = await self._ping(session)
            session.failed_pings = 0 if answer else session.failed_pings + 1
            if answer and not session.ready.done():
                session.last_active_at = self._clock()
                session.ready.set_result(None)
            # An agent that does not say since when it is busy counts as idle, as AgentCore has been seen to count it.
            if answer and answer.get("status") == "HealthyBusy" and "time_of_last_update" in answer:
                session.last_active_at = self._clock()
            session.nudge()
            await asyncio.sleep(self._limits.ping_interval_seconds if session.ready.done() else _FIRST_PING_SECONDS)

    async def _ping(self, session: Session) -> dict[str, Any] | None:
        try:
            answer = await self._client.get(f"{session.url}/ping")
            return dict(answer.json()) if answer.is_success else None
        except (httpx.HTTPError, ValueError, TypeError):  # no answer, no JSON, or no object
            return None

    async def _watch(self, session: Session) -> EndReason:
        """Waits for a reason to end the session; whatever happens to it nudges it."""
        while (reason := self._reason_to_end(session)) is None:
            await session.pause(self._limits.ping_interval_seconds)
        return reason

    def _reason_to_end(self, session: Session) -> EndReason | None:
        assert session.process is not None
        now = self._clock()
        limits = self._limits
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

    async def _end(self, session: Session, process: subprocess.Popen[bytes]) -> None:
        session.stopping = True
        watchdog.signal_groups({process.pid}, signal.SIGTERM)
        deadline = self._clock() + self._limits.stop_grace_seconds
        while process.poll() is None and self._clock() < deadline:
            await session.pause(deadline - self._clock())
        watchdog.signal_groups({process.pid}, signal.SIGKILL)
        while process.poll() is None:
            await session.pause(1.0)
        processes.buried(process)


def agent_command() -> list[str]:
    """Returns the command that serves the project's agent."""
    return [sys.executable, "-m", "agent"]


def _await_exit(process: subprocess.Popen[bytes], loop: asyncio.AbstractEventLoop, session: Session) -> None:
    process.wait()
    with contextlib.suppress(RuntimeError):  # the loop has closed: nobody is interested any more
        loop.call_soon_threadsafe(session.nudge)
