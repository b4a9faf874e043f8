"""The HTTP API of AgentCore's data plane, in AWS's wire protocol: InvokeAgentRuntime and StopRuntimeSession."""

import logging
import re
import uuid
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from local.agentcore.session import (
    InitialisationError,
    QuotaExceededError,
    Runtime,
    RuntimeUnknownError,
    Session,
    StoppingError,
    ThrottledError,
)
from local.agentcore.session_process import KEY_HEADER
from local.agentcore.sessions import Sessions

log = logging.getLogger(__name__)

SESSION_HEADER = "X-Amzn-Bedrock-AgentCore-Runtime-Session-Id"

# The headers that AgentCore passes to the agent, and those that it returns to the caller.
_FORWARDED = re.compile(
    r"accept|content-type|x-amzn-trace-id|traceparent|tracestate|baggage|x-amzn-bedrock-agentcore-.*"
)
_RETURNED = ("content-type", "x-amzn-trace-id", "traceparent", "tracestate", "baggage")

_SESSION_ID = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9-_]{32,255}")

Authorise = Callable[[Request, bytes], Awaitable[Response | None]]
"""Returns the response that refuses a request, or None when the caller has permission."""


def application(
    sessions: Sessions,
    *,
    authorise: Authorise,
    describe: Callable[[str], Awaitable[Runtime]],
    invocation_seconds: float,
) -> Starlette:
    """Return the HTTP application of the data plane.

    Args:
        sessions: Starts and stops sessions.
        authorise: Checks every request first.
        describe: Returns the runtime of an ARN, or raises RuntimeUnknownError.
        invocation_seconds: Time for an agent to answer an invocation.
    """
    # Loopback traffic must not go through a proxy that the environment configures.
    client = httpx.AsyncClient(timeout=httpx.Timeout(invocation_seconds, connect=10.0), trust_env=False)

    async def invoke(request: Request) -> Response:
        arn, session_id, body = request.path_params["arn"], request.headers.get(SESSION_HEADER), await request.body()
        session_id = session_id or str(uuid.uuid4())
        if (refusal := await authorise(request, body) or _invalid(session_id)) is not None:
            return refusal
        try:
            session = await sessions.obtain(await describe(arn), session_id)
        except RuntimeUnknownError:
            return error("ResourceNotFoundException", f"No endpoint or agent found with qualifier 'DEFAULT' for {arn}")
        except ThrottledError:
            return error("ThrottlingException", "Rate exceeded")
        except QuotaExceededError:
            return error("ServiceQuotaExceededException", "The maximum number of active sessions is reached")
        except StoppingError:
            return error("RetryableConflictException", f"Session {session_id} is being stopped")
        except InitialisationError as problem:
            log.warning("session %s: %s", session_id, problem)
            return error("RuntimeClientError", "Runtime initialization failed. Please check your CloudWatch logs.")
        return await _forward(client, session, request, body)

    async def stop(request: Request) -> Response:
        session_id = request.headers.get(SESSION_HEADER, "")
        if (refusal := await authorise(request, await request.body()) or _invalid(session_id)) is not None:
            return refusal
        session = sessions.find(request.path_params["arn"], session_id)
        if session is None:
            return error("ResourceNotFoundException", f"Session {session_id} was not found")
        if session.stopping:
            return error("RetryableConflictException", f"Session {session_id} is being stopped")
        await sessions.stop(session)
        return JSONResponse({}, headers={SESSION_HEADER: session_id})

    return Starlette(
        routes=[
            Route("/runtimes/{arn:path}/invocations", invoke, methods=["POST"]),
            Route("/runtimes/{arn:path}/stopruntimesession", stop, methods=["POST"]),
        ]
    )


_STATUS = {
    "AccessDeniedException": 403,
    "InternalServerException": 500,
    "ResourceNotFoundException": 404,
    "RetryableConflictException": 409,
    "RuntimeClientError": 424,
    "ServiceQuotaExceededException": 402,
    "ThrottlingException": 429,
    "ValidationException": 400,
}


def error(kind: str, message: str, **members: Any) -> Response:
    """Return a response that AWS SDKs raise as the service's exception of this kind."""
    return JSONResponse({"message": message, **members}, status_code=_STATUS[kind], headers={"x-amzn-ErrorType": kind})


def _invalid(session_id: str) -> Response | None:
    if _SESSION_ID.fullmatch(session_id):
        return None
    return error(
        "ValidationException",
        f"Value {session_id!r} at 'runtimeSessionId' failed to satisfy constraint: "
        "33 to 256 letters, digits, hyphens and underscores",
        reason="FieldValidationFailed",
    )


async def _forward(client: httpx.AsyncClient, session: Session, request: Request, body: bytes) -> Response:
    """Forward an invocation to the session's process, and return its complete response."""
    headers = {name: value for name, value in request.headers.items() if _FORWARDED.fullmatch(name)}
    headers |= {SESSION_HEADER: session.session_id, KEY_HEADER: session.key}
    session.in_flight += 1
    try:
        answer = await client.post(f"{session.url}/invocations", headers=headers, content=body)
    except httpx.HTTPError as problem:
        log.warning("session %s did not answer: %r", session.session_id, problem)
        return error("RuntimeClientError", "The runtime did not answer. Please check your CloudWatch logs.")
    finally:
        session.in_flight -= 1
    if not answer.is_success:
        log.warning("session %s answered %d: %.2000s", session.session_id, answer.status_code, answer.text)
        return error(
            "RuntimeClientError",
            f"Received error ({answer.status_code}) from runtime. "
            "Please check your CloudWatch logs for more information.",
        )
    returned = {name: answer.headers[name] for name in _RETURNED if name in answer.headers}
    return Response(answer.content, headers={**returned, SESSION_HEADER: session.session_id})
