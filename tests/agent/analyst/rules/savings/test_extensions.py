from decimal import Decimal

import pytest

from agent.analyst.analysis.finding import Category, Undecided
from agent.analyst.analysis.profile import PackageType
from tests.agent.analyst.analysis.profiles import answer, finding, healthy, proposal, used

LAYER = "arn:aws:lambda:us-east-1:123456789012:layer:tracing:7"


def slow(extensions_ms, **changes):
    return healthy(usage=used(extensions_ms=extensions_ms), **changes)


def test_the_time_of_extensions_is_advice_with_its_cost():
    found = finding(slow(250_000_000.0, layers=(LAYER,)), "extensions")
    assert (found.category, found.saving) == (Category.ADVICE, Decimal("0.00"))
    assert found.proposal.title == "Its extensions go on for 250 ms after each run"
    # 500,000 s of 1 GB x 0.0000133334 = 6.6667
    assert found.proposal.evidence["Wasted"].startswith("$6.67 a month: (2,000,000 − 1,500,000) GB-s")  # noqa: RUF001
    assert LAYER in found.proposal.evidence["Layers"]


def test_extensions_of_container_images_are_found():
    assert proposal("extensions", slow(250_000_000.0, runtime=None, package_type=PackageType.IMAGE)) is not None


@pytest.mark.parametrize("extensions_ms", [0.0, 99_000_000.0])
def test_a_short_time_is_not_found(extensions_ms):
    assert proposal("extensions", slow(extensions_ms, layers=(LAYER,))) is None


def test_a_small_amount_is_not_found():
    small = healthy(layers=(LAYER,), usage=used(duration_ms=50_000_000.0, extensions_ms=29_000_000.0))
    assert proposal("extensions", small) is None


def test_only_functions_with_layers_or_images_have_extensions():
    assert proposal("extensions", slow(None)) is None
    assert answer("extensions", slow(None, layers=(LAYER,))) == Undecided(
        reason="the time of its extensions could not be read", missing="usage.extensions_ms"
    )
