"""Models for tests that start the agent as a process. MODEL_FACTORY names them."""

from collections.abc import AsyncGenerator
from typing import Any

from strands.models import Model


class WaitingModel(Model):
    """A model that waits until it is cancelled."""

    def update_config(self, **_: Any) -> None:
        raise AssertionError("must not be called")

    def get_config(self) -> dict[str, str]:
        return {"model_id": "waiting"}

    def structured_output(self, *_: Any, **__: Any) -> AsyncGenerator[Any, None]:
        raise AssertionError("must not be called")

    async def stream(self, *_: Any, cancel_signal: Any = None, **__: Any) -> AsyncGenerator[Any, None]:
        import asyncio

        while not cancel_signal.is_set():
            await asyncio.sleep(0.01)
            yield {"messageStart": {"role": "assistant"}}


def waiting(_settings: Any) -> Model:
    return WaitingModel()
