from decimal import Decimal

from agent.analyst.analysis.finding import Category, Level
from tests.agent.analyst.analysis.profiles import (
    finding,
    healthy,
)


def test_the_free_size_saves_the_whole_cost():
    # 2,000,000 s x 9.5 GB x 0.0000000309 = 0.5871
    found = finding(healthy(ephemeral_storage_mb=10_240), "ephemeral-storage")
    assert found.saving == Decimal("0.58")
    assert found.category is Category.MINOR
    assert found.proposal.confidence is Level.LOW
