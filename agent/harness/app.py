"""The AgentCore entry point: validates an invocation, starts a background run and responds.

The response comes before any network call: the connection closes within milliseconds, and the run goes on without it.
"""

from __future__ import annotations

import contextlib
import contextvars
import gc
import logging
import os
import socket
import sys
import threading
from collections.abc import AsyncIterator, Collection
from typing import Any

from bedrock_agentcore.runtime import BedrockAgentCoreApp
from bedrock_agentcore.runtime.app import RequestContextFormatter
from bedrock_agentcore.runtime.context import RequestContext
from botocore.config import Config
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from agent.harness import models
from agent.harness.attempt.run import BackgroundRun
from agent.harness.attempt.stop import StopReason
from agent.harness.environment import HarnessSettings, SettingsError, read
from agent.harness.payload import InvalidPayloadError, StartPayload
from agent.harness.start_up import services
from agent.harness.start_up.restorable_app import RestorableApp
from agent.harness.task import Work

logger = logging.getLogger(__name__)

# How long a ping waits for the interpreter, each time that it needs it, while threads of the work compute.
_SWITCH_SECONDS = 0.0002

# For the last spans when the process ends. Leases are released before.
_EXPORT_SECONDS = 2.0


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
        await run_in_threadpool(_export_spans)

    app = RestorableApp(lifespan=lifespan)
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
        thread = threading.Thread(target=context.run, args=(run.execute,), name="run", daemon=True)
        app.call_after_response(thread.start)

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


def _export_spans() -> None:
    """Export the spans that are still in memory.

    Exporters wait some seconds for more spans, and the process ends after this: uvicorn raises SIGTERM again. The SDK
    ignores a limit on the time of an export (open-telemetry/opentelemetry-python#4568).
    """
    provider = trace.get_tracer_provider()
    if not isinstance(provider, TracerProvider):
        return
    export = threading.Thread(target=provider.force_flush, name="export-spans", daemon=True)
    export.start()
    export.join(_EXPORT_SECONDS)
    if export.is_alive():
        logger.warning("The last spans were not exported within %g s and are lost", _EXPORT_SECONDS)


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


def serve(work: Work, settings: HarnessSettings | None = None, *, aws_services: Collection[str] = ()) -> None:
    """Serve an agent on `$PORT` (default 8080) until SIGTERM.

    Import slow modules before the call, but create clients in `work`: see `agent/harness/start_up/`.

    Args:
        work: Does the work of one attempt.
        settings: The harness's settings; read from the environment if not given.
        aws_services: The services that the work calls, as boto3 names them. Their descriptions are read at once.
    """
    try:
        settings = settings or read(os.environ)
    except SettingsError as error:
        sys.exit(str(error))
    port = _free_port(os.environ.get("PORT", "8080"))
    _log_as_json(settings.log_level)
    _prepare(settings, aws_services)
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


def _prepare(settings: HarnessSettings, aws_services: Collection[str]) -> None:
    """Do what each run would do again: import the model's factory, and read the descriptions of AWS's services."""
    try:
        models.factory(settings.model_factory)
    except Exception:
        # Each run fails with the same error, and its journal shows it.
        logger.exception("The model's factory cannot be imported")
    services.describe("dynamodb", "s3", "bedrock-runtime", *aws_services)
    # All of this stays. Without this, the garbage collector would stop each run to look through it.
    gc.collect()
    gc.freeze()
    sys.setswitchinterval(_SWITCH_SECONDS)


def _dynamodb_client() -> Any:
    """Return a client for one run. It is created in the background.

    The client retries little, because the callers retry: a call fails within 17 s, long before a lease expires.
    """
    return services.session().client(
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
