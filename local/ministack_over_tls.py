"""Serves MiniStack as if a proxy in front of it had taken TLS off, which is how AWS is reached.

Resource policies deny what does not come over TLS (`aws:SecureTransport`). On loopback there is nothing to encrypt, and
a certificate of our own would have to be made known to every process; so each request is marked as what it would be.
"""

from collections.abc import Awaitable, Callable
from typing import Any

from ministack import app as ministack  # type: ignore[import-untyped]

_serve: Callable[..., Awaitable[None]] = ministack.app


async def _mark(scope: dict[str, Any], receive: Any, send: Any) -> None:
    if scope["type"] == "http":
        scope = {**scope, "headers": [*scope["headers"], (b"x-forwarded-proto", b"https")]}
    await _serve(scope, receive, send)


if __name__ == "__main__":
    ministack.app = _mark
    ministack.main()
