from decimal import Decimal

import pytest

from agent.harness.tokens import Tokens
from costs import models
from tests.costs import golden

TURNED_INTO_TOKENS = Tokens(read=1_000_000, written=1_000_000)


def step(name: str, kind: str = "MODEL", **counts: int) -> dict[str, object]:
    return {"step": kind, "name": name, **counts}


def test_the_four_kinds_of_tokens_have_their_own_prices() -> None:
    price = models.price_of(golden.MODEL_ID)

    assert price is not None
    assert price.cost(golden.TOKENS) == golden.USD


@pytest.mark.parametrize(
    ("model_id", "usd"),
    [
        ("global.anthropic.claude-sonnet-4-5-20250929-v1:0", "18"),
        ("global.anthropic.claude-opus-4-7", "30"),
        # A tenth more in a region or a geography: 1.1 x (3 + 15).
        ("eu.anthropic.claude-sonnet-4-5-20250929-v1:0", "19.8"),
        ("anthropic.claude-haiku-4-5-20251001-v1:0", "6.6"),
        ("arn:aws:bedrock:eu-west-1:111122223333:inference-profile/global.anthropic.claude-sonnet-4-6", "18"),
        ("arn:aws:bedrock:eu-west-1::foundation-model/anthropic.claude-haiku-4-5-20251001-v1:0", "6.6"),
    ],
)
def test_a_million_tokens_in_and_out_cost_the_list_price(model_id: str, usd: str) -> None:
    assert models.bill_of(model_id, TURNED_INTO_TOKENS).usd == Decimal(usd)


@pytest.mark.parametrize(
    "model_id",
    [
        "scripted",
        "eu.amazon.nova-lite-v1:0",
        "anthropic.claude-haiku-4-50-v1:0",
        "arn:aws:bedrock:eu-west-1:111122223333:application-inference-profile/abcdef012345",
        "arn:aws:bedrock:eu-west-1:111122223333:provisioned-model/abcdef012345",
    ],
)
def test_a_model_without_a_known_price_is_named_instead_of_guessed(model_id: str) -> None:
    bill = models.bill_of(model_id, golden.TOKENS)

    assert models.price_of(model_id) is None
    assert (bill.usd, bill.unknown) == (0, (model_id,))


def test_the_bill_of_a_run_contains_the_model_calls_of_all_attempts() -> None:
    steps = [
        step("Starting from the beginning", "START"),
        step(golden.MODEL_ID, **golden.COUNTS),
        step("find_savings", "TOOL"),
        step(golden.MODEL_ID, **golden.COUNTS),
        step("other", input_tokens=1),
        step("other", input_tokens=1),
    ]

    bill = models.total(models.bills(steps).values())

    assert bill.usd == 2 * golden.USD
    assert bill.unknown == ("other",)
    assert bill.tokens == golden.TOKENS + golden.TOKENS + Tokens(read=2)
