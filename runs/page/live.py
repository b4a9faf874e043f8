"""Server-sent events: the changed parts of a page as HTML, until the browser leaves the page."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import anyio
from starlette.concurrency import iterate_in_threadpool
from starlette.responses import StreamingResponse

from runs.page.rendering import render
from runs.refusals import explained

EVERY_SECONDS = 2.0
# Reading takes at most this share of the time, however slow it is: it costs money and other readers' throughput.
_BUSY_SHARE = 0.1
# How soon a stream notices that the server ends.
_CLOSING_SECONDS = 0.2


@dataclass(frozen=True, kw_only=True)
class Part:
    """Some elements of a page.

    Attributes:
        elements: The HTML of each element, by its id.
        is_last: Whether nothing will change any more.
        reload: Whether the browser has to load the page again.
    """

    elements: Mapping[str, str]
    is_last: bool = False
    reload: bool = False


def live(
    read: Callable[[], Iterator[Part]], *, is_closing: Callable[[], bool], every: float = EVERY_SECONDS
) -> StreamingResponse:
    """Return a stream of what changes.

    Args:
        read: Reads the page's elements; what takes longest comes last.
        is_closing: Returns whether the server ends.
        every: Seconds between two readings.
    """
    return StreamingResponse(_events(read, is_closing, every), media_type="text/event-stream")


async def _events(
    read: Callable[[], Iterator[Part]], is_closing: Callable[[], bool], every: float
) -> AsyncIterator[str]:
    sent: dict[str, str] = {}
    while not is_closing():
        begun_at = time.monotonic()
        try:
            async for part in iterate_in_threadpool(read()):
                changed = {name: html for name, html in part.elements.items() if sent.get(name) != html}
                sent |= changed
                if part.reload:
                    yield _event("reload", {})
                if changed:
                    yield _event("change", changed)
                if part.is_last:
                    yield _event("end", {})
                    return
            yield _event("fresh", {})
        except Exception as error:  # the response has begun: the page has to say it
            explanation = explained(error)
            if explanation is None:
                logging.getLogger(__name__).exception("a part of the page cannot be read")
            message = str(
                explanation or f"The page has a fault ({type(error).__name__}): the terminal of 'runs ui' shows it"
            )
            yield _event("problem", {"html": render("parts/message", message=message)})
        taken = time.monotonic() - begun_at
        next_at = time.monotonic() + max(every, taken * (1 / _BUSY_SHARE - 1))
        while not is_closing() and (left := next_at - time.monotonic()) > 0:  # noqa: ASYNC110  # a flag, no event
            await anyio.sleep(min(left, _CLOSING_SECONDS))


def _event(name: str, data: Mapping[str, Any]) -> str:
    return f"event: {name}\ndata: {json.dumps(data)}\n\n"
