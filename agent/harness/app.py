"""The AgentCore entry point: validates an invocation, starts a background run and responds.

The response comes before any network call: the connection closes within milliseconds, and the run goes on without it.
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
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from agent.harness.attempt.run import BackgroundRun
from agent.harness.attempt.stop import StopReason
from agent.harness.environment import HarnessSettings, SettingsError, read
from agent.harness.payload import InvalidPayloadError, StartPayload
from agent.harness.task import Work


def create_app(settings: HarnessSettings, work: Work) -> BedrockAgentCoreApp:
    """Build the HTTP application.

    Args:
        settings: The harness's settings.
        work: Does the work of one attempt.
    """
    runs: dict[str, BackgroundRun] = {}
    lock = threading.Lock()

    @contextlib.asynccontextmanager
    async def lifespan(_: Any) -> AsyncIterator[None]:
        yield
        for run in list(runs.values()):
            await run_in_threadpool(run.hand_back)

    app = BedrockAgentCoreApp(lifespan=lifespan)
    # The SDK reads the body. These errors of Python's JSON decoder would reach the caller as a 500.
    app.add_exception_handler(RecursionError, _refuse_body)
    app.add_exception_handler(ValueError, _refuse_body)

    def start(payload: StartPayload) -> None:
        task_id = app.add_async_task("agent_run", {"attempt": payload.attempt})

        def ended() -> None:
            app.complete_async_task(task_id)

        run = BackgroundRun(payload, work=work, settings=settings, dynamodb=_dynamodb_client, ended=ended)
        runs[payload.session_id] = run
        # The copied context carries the request and session ids into the thread's log lines.
        context = contextvars.copy_context()
        threading.Thread(target=context.run, args=(run.execute,), name="run", daemon=True).start()

    @app.entrypoint
    def invoke(body: Any, context: RequestContext) -> Any:
        try:
            payload = parse(body, context.session_id, settings.max_prompt_characters)
        except InvalidPayloadError as error:
            return JSONResponse({"error": str(error)}, status_code=400)
        with lock:
            current = runs.get(payload.session_id)
            if current and payload.attempt < current.payload.attempt:
                message = f"Attempt {payload.attempt} is over: attempt {current.payload.attempt} has the run"
                return JSONResponse({"error": message}, status_code=409)
            # A repeated delivery of the same attempt gets the same response and starts nothing.
            if not current or payload.attempt > current.payload.attempt:
                if current:
                    current.stop(StopReason.LEASE_LOST)
                start(payload)
        return {"status": "accepted", "session_id": payload.session_id, "attempt": payload.attempt}

    return app


def _refuse_body(_: Request, error: Exception) -> Response:
    message = f"The body cannot be decoded ({error}): send a flat JSON object with numbers of a usual length"
    return JSONResponse({"error": message}, status_code=400)


def parse(body: Any, session_id: str | None, max_prompt_characters: int) -> StartPayload:
    """Check the body of an invocation.

    Args:
        body: The decoded JSON.
        session_id: The session of the request's header.
        max_prompt_characters: Length of the longest prompt that is accepted.

    Raises:
        InvalidPayloadError: Contains what to send instead.
    """
    if not session_id:
        raise InvalidPayloadError("The request has no session: send X-Amzn-Bedrock-AgentCore-Runtime-Session-Id")
    payload = StartPayload.parse(body)
    if payload.session_id != session_id:
        raise InvalidPayloadError(
            f"The payload's session_id is {payload.session_id!r}, but the session is {session_id!r}: send the same id"
        )
    if len(payload.prompt) > max_prompt_characters:
        raise InvalidPayloadError(
            f"The prompt has {len(payload.prompt)} characters: send at most {max_prompt_characters}"
        )
    return payload


def serve(work: Work, settings: HarnessSettings | None = None) -> None:
    """Serve an agent on `$PORT` (default 8080) until SIGTERM.

    Args:
        work: Does the work of one attempt. It should import slow modules when it is called, because AgentCore waits
            for the start of the process.
        settings: The harness's settings; read from the environment if not given.
    """
    try:
        settings = settings or read(os.environ)
    except SettingsError as error:
        sys.exit(str(error))
    port = _free_port(os.environ.get("PORT", "8080"))
    _log_as_json(settings.log_level)
    create_app(settings, work).run(port=port)


def _free_port(text: str) -> int:
    """Return the port, or exit with a remedy if it cannot be used."""
    if not text.isdecimal() or not 0 < int(text) < 65_536:
        sys.exit(f"PORT is {text!r}: set a number from 1 to 65535")
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", int(text)))
        except OSError as error:
            sys.exit(
                f"Port {text} is not available ({error.strerror}): end the process that uses it, or set another PORT"
            )
    return int(text)


@functools.cache
def _dynamodb_client() -> Any:
    """Return the one client for all runs of the process. It is created in the background.

    The client retries little, because the callers retry: a call fails within 17 s, long before a lease expires.
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
