"""Runs a program's code and waits for its outputs, in less time than Pulumi's runtime takes for it."""

import asyncio
from collections.abc import Callable

from pulumi.runtime.settings import SETTINGS


async def settled(program: Callable[[], object]) -> None:
    """Run a program, and wait until all its outputs are known or one of them has an error.

    Without this, the runtime waits for the first of a thousand outputs, and again after each of them: half of the
    processor time of a deployment. It handles the error, and what the outputs cause.
    """
    program()
    while pending := _pending():
        done, _ = await asyncio.wait(pending, return_when=asyncio.FIRST_EXCEPTION)
        if any(output.cancelled() or output.exception() for output in done):
            return


def _pending() -> list[asyncio.Task[object]]:
    with SETTINGS.lock:
        return [output for output in SETTINGS.outputs if not output.done()]
