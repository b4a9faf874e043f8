"""The wait before the next read of a run has the same value in Step Functions' JSONata as in the one in Python."""

import itertools
import math
import random
from collections.abc import Iterator
from typing import Any

import pytest

from agent.harness.journal.expected_duration import Expectation
from components.settings.budgets import Budgets
from tests.components import asl
from tests.components.workflow import jsonata_reference
from tests.components.workflow.definitions.machines import run_definition
from tests.components.workflow.jsonata_reference import Expression

NOW = 1_800_000_000.5
# The default bounds of the wait, and bounds that nearly every wait is within.
BUDGETS = (Budgets(), Budgets(poll_min_seconds=1, poll_max_seconds=3_600))
NO_TIMES = (None, "", "soon", "-1 1e400 x", "12.5")
# Seconds from now to the expected end, and to the deadline.
EXPECTED = (None, -3_000, -80.25, -0.5, 0, 3, 80.25, 10_000)
DEADLINES = (86_400, 2.5, 0, -100)


def durations() -> Iterator[tuple[float, ...]]:
    """Yield the durations of finished runs: few and many, close together and far apart."""
    draw = random.Random(7)
    yield from [(30.0,), (164.0,) * 8, (90.0, 1_800.0), (5.0, 10.0, 10.0, 2_000.0)]
    for count in (2, 5, 32):
        yield tuple(draw.lognormvariate(math.log(164), 1) for _ in range(count))
        yield tuple(draw.uniform(130, 200) for _ in range(count))


def items() -> Iterator[dict[str, Any] | None]:
    """Yield items of a run."""
    yield None
    for ends, expected in itertools.product(NO_TIMES, EXPECTED):
        yield item(ends, expected)
    # A run that has begun just now, some time ago, and so long ago that all others have taken less time.
    for last, begun in itertools.product(durations(), (0, 40, 163.7, 5_000)):
        yield item(Expectation(seconds=1, last_durations=last).ends(NOW - begun), 80.25)


def item(ends: str | None, expected: float | None) -> dict[str, Any]:
    """Return the attributes that the wait depends on, in DynamoDB's format."""
    ends_attribute = {} if ends is None else {"expected_ends": {"S": ends}}
    return ends_attribute if expected is None else {**ends_attribute, "expected_end_at": {"N": str(NOW + expected)}}


def cases() -> Iterator[Expression]:
    for budgets in BUDGETS:
        assigned = run_definition(budgets=budgets)["States"]["CheckRun"]["Assign"]["wait_seconds"]
        (expression,) = asl.expressions(assigned)
        for found, left in itertools.chain(
            itertools.product(items(), DEADLINES[:1]), itertools.product([None], DEADLINES[1:])
        ):
            result = {} if found is None else {"Item": found}
            yield Expression(expression, {"states": {"result": result}, "deadline_at": NOW + left}, NOW)


@pytest.mark.slow
def test_the_reference_implementation_waits_as_long() -> None:
    expressions = list(cases())
    reference = jsonata_reference.evaluate(expressions)
    python = [asl.evaluate(f"{{%{text}%}}", variables, now=now) for text, variables, now in expressions]

    assert len(set(python)) > 30
    assert [result.get("value") for result in reference] == pytest.approx(python)
