"""The server of AgentCore's data plane, on a loopback port beside the emulated account."""

import asyncio
import logging
import socket
import sys
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

import httpx
import uvicorn

from local import processes
from local.agentcore import http_api, session_process
from local.agentcore.control_plane import ControlPlane
from local.agentcore.entry_point import EntryPoints
from local.agentcore.limits import Limits
from local.agentcore.session import EndReason, Process, Runtime, Session
from local.agentcore.sessions import Sessions
from local.agentcore.templates import CAN_FORK, Template, Templates
from local.emulator.account import Account
from local.emulator.credentials import ExecutionRoles
from local.emulator.door import Door

log = logging.getLogger(__name__)

# Connections that may wait to be accepted, as in a burst of starts.
_BACKLOG = 1_024


@dataclass(frozen=True, kw_only=True)
class SessionRecord:
    """A session as tests and operators see it, also after its end.

    Attributes:
        session_id: The caller's name for the session. Sessions that follow each other may have the same one.
        runtime_arn: The runtime whose agent the session runs.
        pid: Id of the process.
        port: Port of the process.
        log: Log file of the process.
        end_reason: Why the session has ended; None before that.
        exit_status: Exit status of the process, negative for a signal; None while it runs.
    """

    session_id: str
    runtime_arn: str
    pid: int
    port: int
    log: Path
    end_reason: EndReason | None
    exit_status: int | None


class DataPlane:
    """The server, in its own thread. Use it as a context manager.

    Every request is first forwarded to the emulated account, which checks its signature and the caller's IAM policies.

    Args:
        account: Returns the account that holds the runtimes and roles. Called at the first request.
        logs: The directory for the sessions' log files.
        limits: Quotas and times.
        environment: Environment variables to add to those that a runtime declares.
        command: Command of Python that serves an agent on `$PORT`; the entry point of the runtime's bundle when None.
    """

    def __init__(
        self,
        account: Callable[[], Account],
        *,
        logs: Path,
        limits: Limits | None = None,
        environment: Mapping[str, str] | None = None,
        command: list[str] | None = None,
    ) -> None:
        self._account = account
        self._logs = logs
        self._limits = limits or Limits()
        self._extra_environment = dict(environment or {})
        self._given_command = command
        self._entry_points = EntryPoints(account, logs / "entry-points")
        self._templates = Templates(logs)
        self._control_plane: ControlPlane | None = None
        self._roles: ExecutionRoles | None = None
        self._records: dict[Session, SessionRecord] = {}
        self._changed = threading.Condition()
        self._socket = socket.socket()
        self._socket.bind(("127.0.0.1", 0))
        self.endpoint = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()), name="agentcore", daemon=True)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop: asyncio.Event | None = None
        self._serving = threading.Event()

    def __enter__(self) -> "DataPlane":
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Start the server."""
        self._socket.listen(_BACKLOG)  # early requests wait for the server instead of being refused
        self._thread.start()
        self._serving.wait()

    def prepare(self, runtime_arn: str) -> None:
        """Start the template of a runtime of platform V2 in the background: as AgentCore makes its snapshot."""
        threading.Thread(target=self._prepare, args=(runtime_arn,), name="template", daemon=True).start()

    def stop(self) -> None:
        """Stop every session and the server. A second call does nothing."""
        if self._loop is not None and self._stop is not None:
            self._loop.call_soon_threadsafe(self._stop.set)
            self._thread.join()
            self._loop = None
        self._socket.close()

    def sessions(self) -> list[SessionRecord]:
        """Return all sessions since the start, oldest first."""
        with self._changed:
            return list(self._records.values())

    def active(self) -> list[SessionRecord]:
        """Return the sessions whose processes are running."""
        return [record for record in self.sessions() if record.end_reason is None]

    def wait_for(self, condition: Callable[[list[SessionRecord]], bool], *, seconds: float) -> list[SessionRecord]:
        """Wait until the sessions meet a condition, and return them.

        Raises:
            TimeoutError: They did not meet it within `seconds`.
        """
        with self._changed:
            if self._changed.wait_for(lambda: condition(list(self._records.values())), seconds):
                return list(self._records.values())
            raise TimeoutError(f"The sessions are not as expected after {seconds:g} s: {self._records.values()}")

    async def _serve(self) -> None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        sessions = Sessions(
            limits=self._limits,
            launch=self._launch,
            logs=self._logs,
            on_change=self._record,
        )
        async with httpx.AsyncClient(timeout=30.0, trust_env=False) as client:
            control_plane = self._control_plane = ControlPlane(self._account, client)
            application = http_api.application(
                sessions,
                authorise=control_plane.authorise,
                describe=lambda arn: asyncio.to_thread(control_plane.describe, arn),
                invocation_seconds=self._limits.invocation_seconds,
            )
            server = uvicorn.Server(
                uvicorn.Config(
                    Door(application), lifespan="off", log_config=None, timeout_graceful_shutdown=1, backlog=_BACKLOG
                )
            )
            serving = asyncio.create_task(server.serve([self._socket]))
            self._serving.set()
            await self._stop.wait()
            await sessions.close()
            await asyncio.to_thread(self._templates.close)
            server.should_exit = True
            await serving

    def _record(self, session: Session) -> None:
        assert session.process is not None
        with self._changed:
            self._records[session] = SessionRecord(
                session_id=session.session_id,
                runtime_arn=session.runtime.arn,
                pid=session.process.pid,
                port=session.port,
                log=session.log,
                end_reason=session.end_reason if session.ended.is_set() else None,
                exit_status=session.process.returncode,
            )
            self._changed.notify_all()

    def _prepare(self, runtime_arn: str) -> None:
        assert self._control_plane is not None, "Call start() first"
        try:
            runtime = self._control_plane.describe(runtime_arn)
            if _has_template(runtime):
                self._template(runtime, self._environment(runtime, "template"))
        except Exception as error:  # noqa: BLE001 (the first session has the same error, and reports it)
            log.warning("runtime %s has no template yet: %s", runtime_arn, error)

    def _launch(self, session: Session) -> Process:
        runtime = session.runtime
        declared = self._environment(runtime, session.session_id)
        environment = declared | {"PORT": str(session.port), session_process.KEY_VARIABLE: session.key}
        if _has_template(runtime):
            return self._template(runtime, declared).fork(environment, session.log)
        command = self._given_command or [sys.executable, "-m", session_process.__name__, self._entry_point(runtime)]
        return processes.spawn(command, environment=environment, log=session.log)

    def _template(self, runtime: Runtime, environment: Mapping[str, str]) -> Template:
        command = self._given_command[1:] if self._given_command else [self._entry_point(runtime)]
        return self._templates.of(runtime.arn, runtime.version, command, environment)

    def _entry_point(self, runtime: Runtime) -> str:
        return str(self._entry_points.path(runtime.code))

    def _environment(self, runtime: Runtime, session_id: str) -> dict[str, str]:
        account = self._account()
        if self._roles is None:
            self._roles = ExecutionRoles(account)
        role = self._roles.environment(runtime.role_arn, runtime_arn=runtime.arn, session_name=session_id)
        return (
            processes.base_environment()
            | role
            | {"AWS_ENDPOINT_URL_BEDROCK_AGENTCORE": self.endpoint, "PYTHONPATH": str(processes.PROJECT)}
            | dict(runtime.environment)
            | self._extra_environment
        )


def _has_template(runtime: Runtime) -> bool:
    return runtime.platform_version == "V2" and CAN_FORK
