from dataclasses import replace
from decimal import Decimal

import pytest

from agent.analyst.analysis.facts.use import InitUse
from agent.analyst.analysis.finding import Level, Undecided
from agent.analyst.analysis.profile import Architecture, PackageType, ProvisionedConcurrency
from tests.agent.analyst.analysis.profiles import answer, finding, healthy, proposal, savings
from tests.agent.analyst.rules.wasteful import WASTEFUL

JAVA = WASTEFUL["snapstart"]
# Of 2,000,000 runs a month, 1,000,000 start cold and take 10 s of 1 GB.
SLOW = InitUse(reports=1_000, cold_starts=500, init_ms=10_000.0)
PYTHON = healthy(architecture=Architecture.X86_64, init=SLOW)


def test_it_is_free_for_java():
    # 200,000 starts x 6 s x 1 GB: a tenth stays billed, so 1,080,000 GB-s x 0.0000133334 = 14.400072.
    assert savings(JAVA) == {"snapstart": Decimal("14.40")}
    found = finding(JAVA, "snapstart").proposal
    assert found.confidence is Level.MEDIUM
    assert found.evidence["Cold starts"] == "20 of 200 sampled runs, about 200,000 a month"
    assert found.evidence["Share of the billed time"] == "38%"
    assert found.change.cli.splitlines()[0].endswith("--snap-start ApplyOn=PublishedVersions")
    assert "publish-version" in found.change.cli


def test_restores_and_the_cache_are_billed_for_python():
    # Duration: 0.9 x 10,000,000 GB-s x 0.0000166667 = 150.0003 less. Restores: 1,000,000 GB x 0.0001397998 = 139.7998.
    # Cache of the new version: 1 GB x 2,628,000 s x 0.0000015046 = 3.9540888. Saving: 6.2464112.
    # On arm64 then: (2,000,000 + 1,000,000) GB-s x 0.0000033333 = 9.9999.
    assert savings(PYTHON) == {"snapstart": Decimal("6.24"), "architecture": Decimal("9.99")}
    found = finding(PYTHON, "snapstart")
    assert found.proposal.confidence is Level.LOW
    assert "1,000,000 GB × $0.0001397998 for restores of SnapStart snapshots" in found.formula  # noqa: RUF001
    assert "2,628,000 GB-s × $0.0000015046 for cache of SnapStart snapshots" in found.formula  # noqa: RUF001
    assert "the cache of each is billed" in found.proposal.risk_reason


@pytest.mark.parametrize(
    ("cold_starts", "saving"),
    [
        # A start saves 9 s x 0.0000166667 - 0.0001397998 = 0.0000102005. The cache costs 3.9540888: 387,637 starts.
        (193, None),  # 386,000 starts
        (195, Decimal("0.02")),  # 390,000 x 0.0000102005 - 3.9540888 = 0.0241062
    ],
)
def test_enough_starts_must_pay_for_the_cache(cold_starts, saving):
    some = replace(PYTHON, init=replace(SLOW, cold_starts=cold_starts))
    assert savings(some).get("snapstart") == saving


@pytest.mark.parametrize(
    ("init_ms", "saves"),
    [(9_300.0, False), (9_400.0, True)],  # 0.0001397998 / (0.9 x 0.0000166667) = 9.32 s
)
def test_a_start_must_take_longer_than_a_restore_costs(init_ms, saves):
    # 200,000,000 starts a month pay for the cache.
    usage = replace(PYTHON.usage, invocations=100_000_000)
    many = replace(PYTHON, usage=usage, init=InitUse(reports=200, cold_starts=200, init_ms=init_ms))
    assert ("snapstart" in savings(many)) == saves


def test_it_never_pays_off_for_python_on_arm64():
    # 9 s x 0.0000133334 = 0.0001200006, less than a restore.
    found = savings(replace(PYTHON, architecture=Architecture.ARM64))
    assert set(found) == {"cold-starts"}


@pytest.mark.parametrize(
    "changes",
    [
        {"runtime": "java8.al2"},
        {"runtime": "python3.11"},
        {"runtime": "nodejs24.x"},
        {"runtime": None, "package_type": PackageType.IMAGE},
        {"ephemeral_storage_mb": 513},
        {"provisioned": (ProvisionedConcurrency(qualifier="live", units=1, peak_utilization=1.0),)},
        {"snap_start": True},
    ],
)
def test_it_is_not_proposed_where_it_is_not_supported_or_in_use(changes):
    assert answer("snapstart", replace(JAVA, **changes)) is None


@pytest.mark.parametrize("missing", ["provisioned", "versions"])
def test_it_is_undecided_without_a_fact_that_it_needs(missing):
    found = answer("snapstart", replace(JAVA, **{missing: None}))
    assert isinstance(found, Undecided)
    assert found.missing == missing


def test_the_other_advice_about_cold_starts_is_for_functions_that_keep_them():
    assert "cold-starts" not in savings(JAVA)
    assert "cold-starts" not in savings(PYTHON)
    assert proposal("cold-starts", PYTHON).change.summary.startswith("Do less before the first run")
