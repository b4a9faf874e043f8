"""The SDK's application, made fit for a snapshot between its first ping and its first invocation."""

from __future__ import annotations

import gc
import random
import time
from collections import deque
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

# anyio imports it when it starts its first thread: the first invocation would wait for that.
import anyio._backends._asyncio  # noqa: F401
from bedrock_agentcore.runtime import BedrockAgentCoreApp
from bedrock_agentcore.runtime.models import PingStatus
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Lifespan

Message = MutableMapping[str, Any]

# Ten times as many as Python's default.
_SEARCHES_PER_FULL_SEARCH = 100


class RestorableApp(BedrockAgentCoreApp):
    """The SDK's application. What a snapshot would repeat in each session is renewed by the invocation.

    - The state of `random` is in the snapshot. Parallel sessions would have the same ids of traces and spans, and the
      same jitter.
    - So is the time of the last ping's status. A restored session would seem to have been idle for days.
    """

    _has_begun = False

    def __init__(self, *, lifespan: Lifespan[Any] | None = None) -> None:
        super().__init__(lifespan=lifespan)
        gc.enable()  # an agent may have paused it for its start
        # A search through all objects stops a ping as long as it takes: 40 ms for the facts of 1,000 functions.
        gc.set_threshold(*gc.get_threshold()[:2], _SEARCHES_PER_FULL_SEARCH)
        self._after_response: deque[Callable[[], None]] = deque()

    def call_after_response(self, function: Callable[[], None]) -> None:
        """Call a function when the request has been answered, also if the caller is gone by then.

        Work that begins earlier competes with the answer for the interpreter.
        """
        self._after_response.append(function)

    async def __call__(
        self, scope: Message, receive: Callable[[], Awaitable[Message]], send: Callable[[Message], Awaitable[None]]
    ) -> None:
        """Handle a request. The random state is renewed first, because OpenTelemetry's middleware makes ids."""
        if scope["type"] == "http" and scope["path"] == "/invocations":
            random.seed()
            self._has_begun = True
            self._last_status_update_time = time.time()
        try:
            await super().__call__(scope, receive, send)
        finally:
            while self._after_response:
                self._after_response.popleft()()

    def get_current_ping_status(self) -> PingStatus:
        """Return the status for a ping. Before the first invocation, its time is the present."""
        status = super().get_current_ping_status()
        if not self._has_begun:
            self._last_status_update_time = time.time()
        return status

    async def _handle_ping(self, request: Request) -> Response:
        """Answer a ping in the event loop, as it waits for nothing.

        The SDK's synchronous handler runs in a thread of a pool. While the work computes, each change of thread waits
        for the interpreter; and if requests occupy the whole pool, no ping is answered.
        """
        response: Response = super()._handle_ping(request)  # type: ignore[no-untyped-call]
        return response
