"""The model: built by a factory that the settings name, Amazon Bedrock's by default."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any, cast

from strands.models import Model

from agent.harness.environment import Settings

# A model may think for minutes before its first token.
_READ_TIMEOUT_SECONDS = 300
_CONNECT_TIMEOUT_SECONDS = 5
_TOTAL_ATTEMPTS = 4
_MOST_OUTPUT_TOKENS = 8_192


class ModelFactoryError(Exception):
    """MODEL_FACTORY names nothing that a model can be built with; the message says what to give instead."""


def build(settings: Settings) -> Model:
    """Build the model with the factory that the settings name.

    Raises:
        ModelFactoryError: If there is no such factory, or it returns something else.
    """
    model = _factory(settings.model_factory)(settings)
    if not isinstance(model, Model):
        raise ModelFactoryError(
            f"MODEL_FACTORY {settings.model_factory!r} returned a {type(model).__name__}: return a strands.models.Model"
        )
    return model


def bedrock(settings: Settings) -> Model:
    """Amazon Bedrock, with the model or inference profile that MODEL_ID names.

    Throttling is retried twice over: here for short bursts, and by Strands, which waits longer, for the rest.
    """
    from botocore.config import Config
    from strands.models import BedrockModel, CacheConfig

    return BedrockModel(
        model_id=settings.model_id,
        max_tokens=_MOST_OUTPUT_TOKENS,
        temperature=0.0,
        # Each turn resends the conversation, so that a cached prefix saves most of what a run costs.
        cache_config=CacheConfig(strategy="auto"),
        boto_client_config=Config(
            connect_timeout=_CONNECT_TIMEOUT_SECONDS,
            read_timeout=_READ_TIMEOUT_SECONDS,
            retries={"mode": "standard", "total_max_attempts": _TOTAL_ATTEMPTS},
        ),
    )


def _factory(name: str) -> Callable[[Settings], Any]:
    module_name, _, function_name = name.partition(":")
    if not module_name or not function_name:
        raise ModelFactoryError(
            f"MODEL_FACTORY is {name!r}: give 'module:function', such as 'agent.harness.models:bedrock'"
        )
    try:
        factory = getattr(importlib.import_module(module_name), function_name)
    except ModuleNotFoundError as error:
        raise ModelFactoryError(
            f"MODEL_FACTORY is {name!r}, but there is no module {error.name!r}: bundle it, or correct the name"
        ) from error
    except AttributeError as error:
        raise ModelFactoryError(
            f"MODEL_FACTORY is {name!r}, but module {module_name!r} has no {function_name!r}: correct the name"
        ) from error
    if not callable(factory):
        raise ModelFactoryError(f"MODEL_FACTORY {name!r} is a {type(factory).__name__}: name a function")
    return cast("Callable[[Settings], Any]", factory)
