"""Prices of the models on Amazon Bedrock, for each of the four kinds of tokens."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from agent.harness.schema import StepAttribute, StepKind
from agent.harness.tokens import Tokens

# For Anthropic's models, relative to the price of an input token. Entries of the cache live for five minutes.
# https://docs.aws.amazon.com/bedrock/latest/userguide/prompt-caching.html
CACHE_READ = Decimal("0.1")
CACHE_WRITE = Decimal("1.25")

# Anthropic's models since Claude 4.5 cost more in a region or a geography than through a global profile.
_REGIONAL = Decimal("1.1")
_GLOBAL_PREFIX = "global."

_MILLION = 1_000_000


@dataclass(frozen=True, kw_only=True)
class ModelPrice:
    """Prices of a model, in USD for a million tokens.

    Attributes:
        read: Price of input tokens.
        written: Price of output tokens.
    """

    read: Decimal
    written: Decimal

    def cost(self, tokens: Tokens) -> Decimal:
        """Return what tokens cost, in USD."""
        read = tokens.read + CACHE_READ * tokens.cache_read + CACHE_WRITE * tokens.cache_written
        return (self.read * read + self.written * tokens.written) / _MILLION


# USD for a million tokens. https://aws.amazon.com/bedrock/pricing/, at the date of costs/prices.py
_GLOBAL_PRICES: Mapping[str, ModelPrice] = {
    f"anthropic.claude-{model}": ModelPrice(read=Decimal(read), written=Decimal(written))
    for model, read, written in (
        ("haiku-4-5", "1", "5"),
        ("sonnet-4-5", "3", "15"),
        ("sonnet-4-6", "3", "15"),
        ("opus-4-5", "5", "25"),
        ("opus-4-6", "5", "25"),
        ("opus-4-7", "5", "25"),
    )
}
_ARN = re.compile(r"arn:[^:]+:bedrock:[^:]*:\d*:(?:foundation-model|inference-profile)/(.+)")
_VERSION = re.compile(r"-(\d{8}-)?v\d+(:\d+)*$")


def price_of(model_id: str) -> ModelPrice | None:
    """Return a model's prices; None if they are not known.

    Args:
        model_id: Id or ARN of a foundation model or of a system inference profile. The ARN of anything else does not
            contain the model, so its price is not known.
    """
    name = _VERSION.sub("", _ARN.sub(r"\1", model_id))
    model = name[name.find("anthropic.") :]
    price = _GLOBAL_PRICES.get(model)
    if price is None or name.startswith(_GLOBAL_PREFIX):
        return price
    return ModelPrice(read=price.read * _REGIONAL, written=price.written * _REGIONAL)


@dataclass(frozen=True, kw_only=True)
class ModelBill:
    """What the models of a run cost.

    Attributes:
        tokens: Tokens of all calls.
        usd: The cost of the calls whose price is known.
        unknown: Models without a known price, in order.
    """

    tokens: Tokens
    usd: Decimal
    unknown: tuple[str, ...]


def bill_of(model_id: str, tokens: Tokens) -> ModelBill:
    """Return what the tokens of one model cost."""
    price = price_of(model_id)
    if price is None:
        return ModelBill(tokens=tokens, usd=Decimal(0), unknown=(model_id,) if tokens.total else ())
    return ModelBill(tokens=tokens, usd=price.cost(tokens), unknown=())


def bills(steps: Iterable[Mapping[str, Any]]) -> Mapping[str, ModelBill]:
    """Return what the model calls among the steps of a run cost, those of all its attempts, by the model's id.

    Args:
        steps: Items of steps from the journal.
    """
    found: dict[str, ModelBill] = {}
    for step in steps:
        if step[StepAttribute.KIND] == StepKind.MODEL:
            model = str(step[StepAttribute.NAME])
            call = bill_of(model, Tokens.counted(step))
            found[model] = total([found[model], call]) if model in found else call
    return found


def total(bills: Iterable[ModelBill]) -> ModelBill:
    """Return the sum of some bills."""
    calls = list(bills)
    return ModelBill(
        tokens=sum((call.tokens for call in calls), Tokens()),
        usd=sum((call.usd for call in calls), Decimal(0)),
        unknown=tuple(dict.fromkeys(model for call in calls for model in call.unknown)),
    )
