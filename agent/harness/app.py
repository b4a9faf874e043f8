"""The AgentCore entrypoint: validate, hand over to a background run, answer.

The answer comes before any network call: the connection closes within milliseconds, and the run goes on without it.
"""

from __future__ import annotations

import contextlib
import contextvars
import functools
import logging
import os
import socket
import sys
import threading
from collections.abc import AsyncIterator
from typing import Any

from bedrock_agentcore.runtime import BedrockAgentCoreApp
from bedrock_agentcore.runtime.app import RequestContextFormatter
from bedrock_agentcore.runtime.context import RequestContext
from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse

from agent.harness.environment import Settings, SettingsError, read
from agent.harness.run import BackgroundRun, Invocation, StopReason
from agent.harness.task import Work


class InvalidInvocationError(ValueError):
    """The payload is not one that a run can be started from; the message says what to send instead."""


def create_app(settings: Settings, work: Work) -> BedrockAgentCoreApp:
    """Build the HTTP application.

    Args:
        settings: What the environment says.
        work: Carries out a run.
    """
    runs: dict[str, BackgroundRun] = {}
    lock = threading.Lock()

    @contextlib.asynccontextmanager
    async def lifespan(_: Any) -> AsyncIterator[None]:
        yield
        for run in list(runs.values()):
            await run_in_threadpool(run.hand_back)

    app = BedrockAgentCoreApp(lifespan=lifespan)

    def start(invocation: Invocation) -> None:
        task_id = app.add_async_task("agent_run", {"attempt": invocation.attempt})

        def ended() -> None:
            app.complete_async_task(task_id)

        run = BackgroundRun(invocation, work=work, settings=settings, dynamodb=_dynamodb_client, ended=ended)
        runs[invocation.session_id] = run
        # The copied context carries the request and session ids into the thread's log lines.
        context = contextvars.copy_context()
        threading.Thread(target=context.run, args=(run.execute,), name="run", daemon=True).start()

    @app.entrypoint
    def invoke(payload: Any, context: RequestContext) -> Any:
        try:
            invocation = parse_invocation(payload, context.session_id, settings.max_prompt_characters)
        except InvalidInvocationError as error:
            return JSONResponse({"error": str(error)}, status_code=400)
        with lock:
            current = runs.get(invocation.session_id)
            if current and invocation.attempt < current.invocation.attempt:
                message = f"Attempt {invocation.attempt} is over: attempt {current.invocation.attempt} has the run"
                return JSONResponse({"error": message}, status_code=409)
            # A repeated delivery of the same attempt is answered like the first one, and starts nothing.
            if not current or invocation.attempt > current.invocation.attempt:
                if current:
                    current.stop(StopReason.LEASE_LOST)
                start(invocation)
        return {"status": "accepted", "session_id": invocation.session_id, "attempt": invocation.attempt}

    return app


def parse_invocation(payload: Any, session_id: str | None, max_prompt_characters: int) -> Invocation:
    """Check a payload against the runtime's own session id.

    Raises:
        InvalidInvocationError: With the first thing that is wrong, and what to send.
    """
    if not session_id:
        raise InvalidInvocationError("The request names no session: send X-Amzn-Bedrock-AgentCore-Runtime-Session-Id")
    if not isinstance(payload, dict):
        raise InvalidInvocationError(f"The payload is a {type(payload).__name__}: send a JSON object")
    match payload:
        case {"session_id": str(named)} if named != session_id:
            raise InvalidInvocationError("The payload's session_id is not the session that was invoked: send it there")
        case {"session_id": str(), "attempt": int(attempt), "prompt": str(prompt), "deadline_at": int() | float()} if (
            attempt >= 1 and not isinstance(attempt, bool) and prompt.strip()
        ):
            if len(prompt) > max_prompt_characters:
                raise InvalidInvocationError(
                    f"The prompt has {len(prompt)} characters: send {max_prompt_characters} at most"
                )
            return Invocation(
                session_id=session_id, attempt=attempt, prompt=prompt, deadline_at=float(payload["deadline_at"])
            )
    raise InvalidInvocationError(
        "Send session_id (a string), attempt (an integer from 1), prompt (a string that is not blank) "
        "and deadline_at (epoch seconds)"
    )


def serve(work: Work) -> None:
    """Serve an agent on `$PORT` (8080 when unset) until SIGTERM.

    Args:
        work: Carries out a run. It should import what is slow when it is called, because the answer to an invocation
            does not wait for it.
    """
    try:
        settings = read(os.environ)
    except SettingsError as error:
        sys.exit(str(error))
    port = _free_port(os.environ.get("PORT", "8080"))
    _log_as_json(settings.log_level)
    create_app(settings, work).run(port=port)


def _free_port(text: str) -> int:
    """Check the port before the server does, to end with a remedy rather than with its log line."""
    if not text.isdecimal() or not 0 < int(text) < 65_536:
        sys.exit(f"PORT is {text!r}: give a number from 1 to 65535")
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", int(text)))
        except OSError as error:
            sys.exit(f"Port {text} cannot be served ({error.strerror}): end what listens there, or set PORT to another")
    return int(text)


@functools.cache
def _dynamodb_client() -> Any:
    """One client for all runs of the process, made in the background.

    Few retries, since the heartbeat and whoever insists have their own: a call that fails does so within 17 s, long
    before a lease is over.
    """
    import boto3
    from botocore.config import Config

    return boto3.client(
        "dynamodb",
        config=Config(connect_timeout=2, read_timeout=3, retries={"mode": "standard", "total_max_attempts": 3}),
    )


def _log_as_json(level: str) -> None:
    handler = logging.StreamHandler()
    handler.setFormatter(RequestContextFormatter())
    logger = logging.getLogger("agent")
    logger.addHandler(handler)
    logger.setLevel(level)
    logger.propagate = False
