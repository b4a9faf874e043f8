"""What a finished run has cost. The figures are worked out by hand, from the prices of costs/prices.py."""

from __future__ import annotations

from decimal import Decimal

import pytest

from agent.harness.schema import SORT_KEY, step_sort_key
from costs import ledger, prices

HAIKU = "eu.anthropic.claude-haiku-4-5-20251001-v1:0"
BEGUN = Decimal("1800000000.5")


def step(attempt, number, kind, name, *, at, seconds=0, **counts):
    """Return the item of a step that ended some seconds after the run's first step."""
    return {
        SORT_KEY: step_sort_key(attempt, number),
        "step": kind,
        "name": name,
        "seconds": Decimal(str(seconds)),
        "finished_at": BEGUN + at,
    } | counts


# Attempt 1 is lost 40 s after its start; attempt 2 begins 100 s after that of attempt 1, and ends after 60 s.
STEPS = [
    step(1, 1, "START", "Starting from the beginning", at=0),
    step(1, 2, "MODEL", HAIKU, at=10, seconds=10, input_tokens=1_000, output_tokens=200, cache_write_tokens=4_000),
    step(1, 3, "TOOL", "read_usage", at=40, seconds=30, metrics_asked=3_802, cost_queries=1),
    step(2, 1, "START", "Continuing from 2 messages", at=100),
    step(2, 2, "MODEL", HAIKU, at=110, seconds=10, input_tokens=500, output_tokens=1_000, cache_read_tokens=4_000),
]
RUN = {"status": "COMPLETED", "attempt": Decimal(2), "finished_at": BEGUN + 160}


def test_a_run_costs_the_tokens_sessions_and_requests_of_all_its_attempts() -> None:
    cost = ledger.cost_of(RUN, STEPS, looks=10)

    # 1.1 x (1,500 + 0.1 x 4,000 + 1.25 x 4,000) = 7,590; 5.5 x 1,200 = 6,600; divided by a million
    assert cost.model == Decimal("0.014190")
    # Sessions: 40 s + 60 s, of which 100 x 20 / 164 = 12.195 s computing.
    # 12.195 x 0.0895 / 3,600 + 100 x 0.5 x 0.00945 / 3,600 = 0.00030318 + 0.00013125
    assert cost.runtime == Decimal("0.000434")
    # (10 + 2 x 4 + 10 x 3) transitions 0.0012; 3,802 metrics 0.03802; a cost query 0.01; 100 KB of logs 0.00004768;
    # 4 calls 0.0000008, 1 GB-s 0.0000133334; 12 writes 0.0000075, 10 reads 0.00000125;
    # 20 objects 0.0001, 5 reads 0.000002; 2 events 0.000002
    assert cost.rest == Decimal("0.049395")
    assert cost.usd == Decimal("0.064019")
    assert cost.unpriced_models == ()
    assert cost.attributes() == {
        "usd": Decimal("0.064019"),
        "model_usd": Decimal("0.014190"),
        "runtime_usd": Decimal("0.000434"),
        "rest_usd": Decimal("0.049395"),
        "models": {HAIKU: Decimal("0.014190")},
        "unpriced_models": [],
        "tokens": {
            "input_tokens": 1_500,
            "output_tokens": 1_200,
            "cache_read_tokens": 4_000,
            "cache_write_tokens": 4_000,
        },
        "prices_as_of": prices.AS_OF,
    }


def test_the_last_attempt_costs_until_the_end_of_the_run_also_if_it_was_lost() -> None:
    lost = ledger.use_of(RUN | {"finished_at": BEGUN + 400}, STEPS, looks=0)
    assert lost.seconds == 40 + 300


def test_a_run_that_never_began_costs_only_its_workflow() -> None:
    cost = ledger.cost_of({"attempt": Decimal(1), "finished_at": BEGUN}, [], looks=1)
    assert (cost.model, cost.runtime) == (0, 0)
    # 17 transitions 0.000425, 2 calls 0.0000070667, 2 writes, 1 read, 2 events, 100 KB of logs 0.0000476837
    assert cost.rest == Decimal("0.000483")


def test_a_model_without_a_known_price_is_named_and_the_rest_still_counts() -> None:
    steps = [*STEPS[:1], step(1, 2, "MODEL", "scripted", at=10, seconds=10, input_tokens=1_000)]
    cost = ledger.cost_of(RUN | {"attempt": Decimal(1), "finished_at": BEGUN + 20}, steps, looks=1)
    assert (cost.model, cost.unpriced_models) == (0, ("scripted",))
    assert cost.usd == cost.runtime + cost.rest > 0


@pytest.mark.parametrize("finished_at", [1_800_000_160.5, "1800000160.5"])
def test_times_may_be_any_number(finished_at: float | str) -> None:
    assert ledger.use_of(RUN | {"finished_at": finished_at}, STEPS, looks=0).seconds == 100
