"""AgentCore's data plane as a server on a loopback port, beside the emulated account that lacks one."""

import asyncio
import socket
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from urllib.parse import quote

import httpx
import uvicorn
from botocore.exceptions import ClientError
from starlette.requests import Request
from starlette.responses import Response

from local import processes
from local.agentcore import control_plane as agentcore
from local.agentcore.sessions import EndReason, Limits, Runtime, Session, Sessions, agent_command
from local.emulator.account import Account
from local.emulator.credentials import ExecutionRoles

# Calls that may wait to be taken, as in a burst of starts.
_BACKLOG = 1_024


@dataclass(frozen=True, kw_only=True)
class SessionRecord:
    """What is known of a session, also after its end.

    Attributes:
        session_id: The caller's name for it; several sessions may have it, one after another.
        runtime_arn: The runtime whose agent it runs.
        pid: Its process.
        port: Where the process listens.
        log: The log file of the process.
        end_reason: Why it has ended; None while it lives.
        exit_status: Of its process, negative for a signal; None while it lives.
    """

    session_id: str
    runtime_arn: str
    pid: int
    port: int
    log: Path
    end_reason: EndReason | None
    exit_status: int | None


class DataPlane:
    """The server, in a thread of its own. Use it as a context manager.

    Every request is first relayed to the emulated account, which checks its signature and the caller's IAM policies.

    Args:
        account: Gives the account that holds the runtimes and roles; called when the first request comes.
        logs: The directory of the sessions' log files.
        limits: Quotas and times.
        environment: Variables that every session gets beside those that its runtime declares.
        command: What serves an agent on `$PORT`.
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
        self._command = command or agent_command()
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
        """Starts to serve."""
        self._socket.listen(_BACKLOG)  # so that whoever calls before the server is up waits instead of being refused
        self._thread.start()
        self._serving.wait()

    def stop(self) -> None:
        """Ends every session and the server (idempotent)."""
        if self._loop is not None and self._stop is not None:
            self._loop.call_soon_threadsafe(self._stop.set)
            self._thread.join()
            self._loop = None
        self._socket.close()

    def sessions(self) -> list[SessionRecord]:
        """Returns every session there has been, oldest first."""
        with self._changed:
            return list(self._records.values())

    def active(self) -> list[SessionRecord]:
        """Returns the sessions whose processes live now."""
        return [record for record in self.sessions() if record.end_reason is None]

    def wait_for(self, condition: Callable[[list[SessionRecord]], bool], *, seconds: float) -> list[SessionRecord]:
        """Waits until the sessions fulfil a condition, and returns them.

        Raises:
            TimeoutError: When they do not in time.
        """
        with self._changed:
            if self._changed.wait_for(lambda: condition(list(self._records.values())), seconds):
                return list(self._records.values())
            raise TimeoutError(f"The sessions are not as expected after {seconds:g} s: {self._records.values()}")

    async def _serve(self) -> None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        sessions = Sessions(
            limits=self._limits,
            command=self._command,
            environment=self._environment,
            logs=self._logs,
            on_change=self._record,
        )
        async with httpx.AsyncClient(timeout=30.0, trust_env=False) as client:
            application = agentcore.application(
                sessions,
                authorise=lambda request, body: self._authorise(client, request, body),
                describe=lambda arn: asyncio.to_thread(self._describe, arn),
                invocation_seconds=self._limits.invocation_seconds,
            )
            server = uvicorn.Server(
                uvicorn.Config(
                    application, lifespan="off", log_config=None, timeout_graceful_shutdown=1, backlog=_BACKLOG
                )
            )
            serving = asyncio.create_task(server.serve([self._socket]))
            self._serving.set()
            await self._stop.wait()
            await sessions.close()
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

    async def _authorise(self, client: httpx.AsyncClient, request: Request, body: bytes) -> Response | None:
        """Lets the account judge the request as it came: the signature covers its path, headers and body."""
        account = httpx.URL(self._account().endpoint)
        # As the caller wrote and signed it, even if a proxy on the way has decoded what need not be encoded.
        arn, call = quote(request.path_params["arn"], safe=""), request.url.path.rsplit("/", 1)[-1]
        target = f"/runtimes/{arn}/{call}?{request.url.query}".encode()
        try:
            answer = await client.post(account.copy_with(raw_path=target), headers=request.headers, content=body)
        except httpx.HTTPError as problem:
            return agentcore.error("InternalServerException", f"The account does not answer: {problem!r}")
        # The account does not know how to stop sessions, but says so only to those who may.
        if answer.is_success or answer.headers.get("x-amzn-errortype", "").startswith("InvalidAction"):
            return None
        return Response(answer.content, answer.status_code, _error_headers(answer.headers))

    def _describe(self, arn: str) -> Runtime:
        """Asks the control plane every time, since a runtime may be updated at any time."""
        client = self._account().client("bedrock-agentcore-control")
        try:
            runtime = client.get_agent_runtime(agentRuntimeId=arn.rsplit("/", 1)[-1])
        except ClientError as problem:
            raise agentcore.RuntimeUnknownError(arn) from problem
        lifecycle = runtime.get("lifecycleConfiguration", {})
        return Runtime(
            arn=arn,
            role_arn=runtime["roleArn"],
            environment=runtime.get("environmentVariables", {}),
            idle_seconds=lifecycle.get("idleRuntimeSessionTimeout", 900),
            lifetime_seconds=lifecycle.get("maxLifetime", 28_800),
        )

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


def _error_headers(headers: httpx.Headers) -> dict[str, str]:
    return {name: value for name, value in headers.items() if name in ("content-type", "x-amzn-errortype")}
