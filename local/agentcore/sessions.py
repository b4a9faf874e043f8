"""All AgentCore sessions: each is one operating-system process, where AgentCore has a microVM."""

import asyncio
import contextlib
import logging
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx

from local import processes, watchdog
from local.agentcore.limits import Limits, TokenBucket
from local.agentcore.session import (
    EndReason,
    InitialisationError,
    Process,
    QuotaExceededError,
    Runtime,
    Session,
    StoppingError,
    ThrottledError,
    reason_to_end,
)
from local.agentcore.session_process import KEY_HEADER

log = logging.getLogger(__name__)

# Invocations wait for the first successful ping, so pings are frequent until then.
_FIRST_PING_SECONDS = 0.02


class Sessions:
    """Start sessions, watch their health, and end them. All methods run in one event loop.

    Args:
        limits: Quotas and times.
        launch: Starts the process of a session. May block.
        logs: The directory for the log files of the processes.
        clock: Returns monotonic seconds.
        on_change: Called with a session when its process has started, and when it has ended.
    """

    def __init__(
        self,
        *,
        limits: Limits,
        launch: Callable[[Session], Process],
        logs: Path,
        clock: Callable[[], float] = time.monotonic,
        on_change: Callable[[Session], None],
    ) -> None:
        self._limits = limits
        self._launch = launch
        self._logs = logs
        self._clock = clock
        self._on_change = on_change
        self._bucket = TokenBucket(limits.new_sessions_per_second, clock)
        self._sessions: dict[tuple[str, str], Session] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._is_closing = False
        # Loopback traffic must not go through a proxy that the environment configures.
        self._client = httpx.AsyncClient(timeout=limits.ping_timeout_seconds, trust_env=False)

    def find(self, runtime_arn: str, session_id: str) -> Session | None:
        """Return the session, or None when there is none."""
        return self._sessions.get((runtime_arn, session_id))

    async def obtain(self, runtime: Runtime, session_id: str) -> Session:
        """Return the session when it is ready for an invocation. Start it when it does not exist.

        Raises:
            ThrottledError: Too many sessions start.
            QuotaExceededError: Too many sessions exist.
            StoppingError: The session or the whole data plane is being stopped.
            InitialisationError: The session's process did not start, or was not ready in time.
        """
        session = self.find(runtime.arn, session_id)
        if session is None and not self._is_closing:
            session = self._create(runtime, session_id)
        if session is None or session.stopping:
            raise StoppingError(session_id)
        await asyncio.shield(session.ready)
        return session

    async def stop(self, session: Session) -> None:
        """Stop a session, and wait until its process has ended."""
        session.stopping = True
        session.nudge()
        await session.ended.wait()

    async def close(self) -> None:
        """Stop all sessions, and refuse new ones."""
        self._is_closing = True
        await asyncio.gather(*(self.stop(session) for session in self._sessions.values()))
        await asyncio.gather(*self._tasks)
        await self._client.aclose()

    def _create(self, runtime: Runtime, session_id: str) -> Session:
        if len(self._sessions) >= self._limits.active_sessions:
            raise QuotaExceededError(session_id)
        if not self._bucket.take():
            raise ThrottledError(session_id)
        log_file = self._logs / f"session-{session_id[:64]}.log"
        session = Session(runtime, session_id, port=processes.free_port(), log_file=log_file, now=self._clock())
        # Read the exception, so that asyncio does not warn when no invocation waits for it.
        session.ready.add_done_callback(lambda ready: ready.cancelled() or ready.exception())
        self._sessions[runtime.arn, session_id] = session
        task = asyncio.create_task(self._run(session))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return session

    async def _run(self, session: Session) -> None:
        """Run a session, from the start of its process to its end."""
        try:
            await self._start(session)
            pings = asyncio.create_task(self._keep_pinging(session))
            try:
                session.end_reason = await self._watch(session)
            finally:
                pings.cancel()
            failure: Exception = InitialisationError(f"{session.end_reason} before it was ready: see {session.log}")
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
        session.process = await asyncio.to_thread(self._launch, session)
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
            # As AgentCore was observed to do: a busy agent without `time_of_last_update` counts as idle.
            if answer and answer.get("status") == "HealthyBusy" and "time_of_last_update" in answer:
                session.last_active_at = self._clock()
            session.nudge()
            await asyncio.sleep(self._limits.ping_interval_seconds if session.ready.done() else _FIRST_PING_SECONDS)

    async def _ping(self, session: Session) -> dict[str, Any] | None:
        try:
            answer = await self._client.get(f"{session.url}/ping", headers={KEY_HEADER: session.key})
            return dict(answer.json()) if answer.is_success else None
        except (httpx.HTTPError, ValueError, TypeError):  # no answer, no JSON, or no object
            return None

    async def _watch(self, session: Session) -> EndReason:
        """Wait until there is a reason to end the session, and return it. Every change of the session calls `nudge`."""
        while (reason := reason_to_end(session, self._limits, self._clock())) is None:
            await session.pause(self._limits.ping_interval_seconds)
        return reason

    async def _end(self, session: Session, process: Process) -> None:
        session.stopping = True
        watchdog.signal_groups({process.pid}, signal.SIGTERM)
        deadline = self._clock() + self._limits.stop_grace_seconds
        while process.poll() is None and self._clock() < deadline:
            await session.pause(deadline - self._clock())
        watchdog.signal_groups({process.pid}, signal.SIGKILL)
        while process.poll() is None:
            await session.pause(1.0)
        processes.clean_up(process)


def _await_exit(process: Process, loop: asyncio.AbstractEventLoop, session: Session) -> None:
    process.wait()
    with contextlib.suppress(RuntimeError):  # the loop is closed: nothing waits for the session
        loop.call_soon_threadsafe(session.nudge)
