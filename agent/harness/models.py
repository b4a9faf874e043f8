"""The model. A factory builds it; the default one is for Amazon Bedrock."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any, cast

from botocore.config import Config
from strands.models import BedrockModel, CacheConfig, Model

from agent.harness.environment import HarnessSettings
from agent.harness.start_up import services

# A model may think for minutes before its first token.
_READ_TIMEOUT_SECONDS = 300
_CONNECT_TIMEOUT_SECONDS = 5
_MOST_OUTPUT_TOKENS = 8_192


class ModelFactoryError(Exception):
    """MODEL_FACTORY does not name a function that returns a model; the message contains the remedy."""


def build(settings: HarnessSettings) -> Model:
    """Build the model with the factory that the settings name.

    Raises:
        ModelFactoryError: There is no such factory, or it does not return a model.
    """
    model = factory(settings.model_factory)(settings)
    if not isinstance(model, Model):
        raise ModelFactoryError(
            f"MODEL_FACTORY {settings.model_factory!r} returned a {type(model).__name__}: return a strands.models.Model"
        )
    return model


def bedrock(settings: HarnessSettings) -> Model:
    """Return the Amazon Bedrock model or inference profile that MODEL_ID names.

    It makes each call once, because the harness repeats failed calls (`agent/harness/model_calls/retry.py`).
    """
    # Strands looks for Claude in the model's id, and the ARNs of profiles and throughput do not contain it.
    hides_claude = "claude" in settings.base_model_id
    model = BedrockModel(
        boto_session=services.session(),
        model_id=settings.model_id,
        max_tokens=_MOST_OUTPUT_TOKENS,
        # Each turn sends the whole conversation again: a cached prefix saves most of the cost of a run.
        cache_config=CacheConfig(strategy="anthropic" if hides_claude else "auto"),
        include_tool_result_status=True if hides_claude else "auto",
        boto_client_config=Config(
            connect_timeout=_CONNECT_TIMEOUT_SECONDS,
            read_timeout=_READ_TIMEOUT_SECONDS,
            retries={"mode": "standard", "total_max_attempts": 1},
        ),
    )
    # Newer models refuse a request that has a temperature.
    if settings.temperature is not None:
        model.update_config(temperature=settings.temperature)
    return model


def factory(name: str) -> Callable[[HarnessSettings], Any]:
    """Return the function that `module:function` names.

    Raises:
        ModelFactoryError: There is no such function.
    """
    module_name, _, function_name = name.partition(":")
    if not module_name or not function_name:
        raise ModelFactoryError(
            f"MODEL_FACTORY is {name!r}: set 'module:function', such as 'agent.harness.models:bedrock'"
        )
    try:
        found = getattr(importlib.import_module(module_name), function_name)
    except ModuleNotFoundError as error:
        raise ModelFactoryError(
            f"MODEL_FACTORY is {name!r}, but there is no module {error.name!r}: bundle it, or correct the name"
        ) from error
    except AttributeError as error:
        raise ModelFactoryError(
            f"MODEL_FACTORY is {name!r}, but module {module_name!r} has no {function_name!r}: correct the name"
        ) from error
    if not callable(found):
        raise ModelFactoryError(f"MODEL_FACTORY {name!r} is a {type(found).__name__}: name a function")
    return cast("Callable[[HarnessSettings], Any]", found)
