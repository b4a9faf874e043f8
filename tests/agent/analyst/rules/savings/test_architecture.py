from dataclasses import replace
from decimal import Decimal

import pytest

from agent.analyst.analysis.finding import Level
from agent.analyst.analysis.prices import Meter
from agent.analyst.analysis.profile import Architecture, PackageType, ProvisionedConcurrency
from agent.analyst.rules.savings.architecture import BREAK_EVEN
from tests.agent.analyst.analysis.profiles import (
    RATES,
    finding,
    healthy,
    proposal,
    savings,
)


def test_duration_costs_a_fifth_less():
    # 2,000,000 GB-s x (0.0000166667 - 0.0000133334) = 6.6666
    assert savings(healthy(architecture=Architecture.X86_64)) == {"architecture": Decimal("6.66")}


def test_there_is_no_range_but_the_duration_at_which_nothing_is_saved():
    found = finding(healthy(architecture=Architecture.X86_64), "architecture")
    assert found.bounds is None
    assert found.proposal.assumption.endswith("Up to 1.25 times as long, it costs no more.")
    # 0.0000166667 / 0.0000133334, 0.0000041667 / 0.0000033334 and 0.0000097222 / 0.0000077778
    for x86, arm in (
        (Meter.DURATION_X86, Meter.DURATION_ARM),
        (Meter.PROVISIONED_X86, Meter.PROVISIONED_ARM),
        (Meter.PROVISIONED_DURATION_X86, Meter.PROVISIONED_DURATION_ARM),
    ):
        assert round(RATES[x86] / RATES[arm], 4) == Decimal(str(BREAK_EVEN))


def test_provisioned_concurrency_moves_with_the_function():
    provisioned = ProvisionedConcurrency(qualifier="live", units=1, peak_utilization=1.0, invocations=1_000_000)
    moved = healthy(architecture=Architecture.X86_64, provisioned=(provisioned,))
    # Category by: 2,628,000 x (0.0000041667 - 0.0000033334) = 2.18991...
    # Runs: 2,000,000 x (0.0000097222 - 0.0000077778) = 3.8888
    assert savings(moved) == {"architecture": Decimal("6.07")}


def test_provisioned_versions_on_arm64_save_nothing_more():
    there = ProvisionedConcurrency(
        qualifier="live", units=1, peak_utilization=1.0, invocations=500_000, architecture=Architecture.ARM64
    )
    # The other half of the runs: 1,000,000 GB-s x (0.0000166667 - 0.0000133334) = 3.3333
    assert savings(healthy(architecture=Architecture.X86_64, provisioned=(there,))) == {"architecture": Decimal("3.33")}


@pytest.mark.parametrize("has_versions", [True, None])
def test_a_possible_lambda_at_edge_function_has_low_confidence_and_medium_risk(has_versions):
    x86 = healthy(architecture=Architecture.X86_64, has_versions=has_versions)
    proposed = proposal("architecture", x86)
    assert (proposed.confidence, proposed.risk) == (Level.LOW, Level.MEDIUM)
    assert "(Lambda@Edge)" in proposed.risk_reason
    elsewhere = proposal("architecture", replace(x86, region="eu-west-1"))
    assert (elsewhere.confidence, elsewhere.risk) == (Level.MEDIUM, Level.LOW)


@pytest.mark.parametrize(
    "runtime", ["custom", "nodejs8.10", "go1.x", "nodejs10.x", "python3.7", "provided", "dotnetcore2.1"]
)
def test_runtimes_without_arm64_are_kept(runtime):
    assert proposal("architecture", healthy(architecture=Architecture.X86_64, runtime=runtime)) is None


def test_compiled_code_layers_and_images_have_low_confidence():
    x86 = healthy(architecture=Architecture.X86_64)
    compiled = replace(x86, runtime="provided.al2023")
    layered = replace(x86, layers=("arn:aws:lambda:us-east-1:123456789012:layer:codec:1",))
    image = replace(x86, runtime=None, package_type=PackageType.IMAGE)
    assert finding(x86, "architecture").proposal.confidence is Level.MEDIUM
    for profile in (compiled, layered, image):
        assert finding(profile, "architecture").proposal.confidence is Level.LOW


def test_an_image_function_moves_to_a_new_image():
    image = healthy(architecture=Architecture.X86_64, runtime=None, package_type=PackageType.IMAGE)
    assert "--image-uri" in finding(image, "architecture").proposal.change.cli
