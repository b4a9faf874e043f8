"""The door of a local server: it answers programs of the local stack, not web pages and not other programs.

A web page may send requests to any loopback port, and its browser sends them without asking anybody. Other users of the
machine may connect too.
"""

import re
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any
from urllib.parse import parse_qs

Scope = MutableMapping[str, Any]
Application = Callable[[Scope, Any, Any], Awaitable[None]]
Rule = Callable[[Scope], str | None]
"""Returns why a request is refused, or None when it may pass."""

# The port is not compared: the data plane passes signed requests on with its own Host, and no page can choose the port
# that its browser sends. A name that an attacker makes resolve to loopback is what must be refused.
_HOST = re.compile(rb"(127\.0\.0\.1|localhost):\d{1,5}")
_CREDENTIAL = re.compile(rb"Credential=([^/]*)/")
_QUERY_CREDENTIALS = ("x-amz-credential", "awsaccesskeyid")


class Door:
    """An ASGI application that passes requests on when no rule refuses them. It never sends a CORS header.

    Args:
        application: Gets the requests that pass.
        rule: The server's own rule, in addition to those about web pages.
    """

    def __init__(self, application: Application, *, rule: Rule = lambda _: None) -> None:
        self._application = application
        self._rule = rule

    async def __call__(self, scope: Scope, receive: Any, send: Any) -> None:
        """Serve one request, or the server's start and end."""
        if scope["type"] == "lifespan":
            await self._application(scope, receive, send)
        elif scope["type"] != "http":  # nothing of the local stack uses WebSockets
            await send({"type": "websocket.close", "code": 1008})
        elif (reason := _of_web_page(scope) or self._rule(scope)) is not None:
            await _refuse(scope, send, reason)
        else:
            await self._application(scope, receive, _without_cors(send))


def access_key_id(scope: Scope) -> str:
    """Return the access key id of a request with a signature of version 4. Return an empty text if it has not just one.

    The id is in the header `Authorization`, or in the query of a presigned URL.
    """
    signatures = [value for name, value in scope["headers"] if name == b"authorization"]
    found = [key.decode("latin-1") for value in signatures for key in _CREDENTIAL.findall(value)]
    query = parse_qs(scope["query_string"].decode("latin-1"), keep_blank_values=True)
    for name, values in query.items():
        if name.lower() in _QUERY_CREDENTIALS:
            found += [value.split("/")[0] for value in values]
    is_known_kind = all(value.startswith(b"AWS4-HMAC-SHA256 ") for value in signatures)
    return found[0] if len(found) == 1 and len(signatures) <= 1 and is_known_kind else ""


def _of_web_page(scope: Scope) -> str | None:
    names = [name for name, _ in scope["headers"]]
    hosts = [value for name, value in scope["headers"] if name == b"host"]
    if len(hosts) != 1 or not _HOST.fullmatch(hosts[0]):
        return "The header Host is not 127.0.0.1 or localhost with a port: use one of them"
    if b"origin" in names or any(name.startswith(b"sec-fetch-") for name in names):
        return "Requests of web pages are refused: use an AWS SDK or CLI"
    if scope["method"] == "OPTIONS":
        return "Preflights of web pages are refused: use an AWS SDK or CLI"
    return None


async def _refuse(scope: Scope, send: Any, reason: str) -> None:
    # Clients of JSON protocols read the header, the others this body.
    text = (
        f"<ErrorResponse><Error><Code>AccessDenied</Code><Message>{reason}</Message></Error></ErrorResponse>".encode()
    )
    headers = [
        (b"content-type", b"text/xml"),
        (b"content-length", str(len(text)).encode()),
        (b"x-amzn-errortype", b"AccessDenied"),
    ]
    await send({"type": "http.response.start", "status": 403, "headers": headers})
    await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else text})


def _without_cors(send: Any) -> Any:
    async def send_without_cors(message: MutableMapping[str, Any]) -> None:
        if message["type"] == "http.response.start":
            kept = [(name, value) for name, value in message["headers"] if not _is_cors(bytes(name))]
            message = {**message, "headers": kept}
        await send(message)

    return send_without_cors


def _is_cors(name: bytes) -> bool:
    return name.lower().startswith(b"access-control-")
