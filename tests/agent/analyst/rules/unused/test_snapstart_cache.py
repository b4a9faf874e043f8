from dataclasses import replace
from decimal import Decimal

import pytest

from agent.analyst.analysis.finding import Undecided
from agent.analyst.analysis.profile import ProvisionedConcurrency
from tests.agent.analyst.analysis.profiles import answer, finding, healthy, proposal, savings
from tests.agent.analyst.rules.wasteful import QUEUE, WASTEFUL, published

VERSIONS = tuple(published(number) for number in range(1, 5))


def test_the_cache_of_old_versions_is_saved():
    # Versions 1 and 2 of 4: 2 GB x 2,628,000 s x 0.0000015046 = 7.9081776.
    cached = healthy(has_versions=True, versions=VERSIONS)
    assert savings(cached) == {"snapstart-cache": Decimal("7.90")}
    change = finding(cached, "snapstart-cache").proposal.change
    assert change.cli.splitlines() == [
        "aws lambda delete-function --region us-east-1 --function-name healthy --qualifier 1",
        "aws lambda delete-function --region us-east-1 --function-name healthy --qualifier 2",
    ]


def test_versions_that_are_known_to_be_used_are_kept():
    used = healthy(
        has_versions=True,
        versions=VERSIONS,
        provisioned=(ProvisionedConcurrency(qualifier="1", units=1, peak_utilization=1.0),),
        event_sources=(replace(QUEUE, qualifier="2"),),
    )
    assert proposal("snapstart-cache", used) is None


@pytest.mark.parametrize(
    "versions",
    [
        VERSIONS[:2],
        tuple(replace(version, runtime="java25") for version in VERSIONS),
        tuple(replace(version, snap_start=False) for version in VERSIONS),
        (),
    ],
)
def test_the_newest_versions_and_those_without_a_billed_snapshot_are_kept(versions):
    assert proposal("snapstart-cache", healthy(has_versions=True, versions=versions)) is None


@pytest.mark.parametrize("rule", ["snapstart-cache", "old-versions"])
def test_without_the_versions_it_is_undecided(rule):
    assert answer(rule, healthy(has_versions=None, versions=None)) == Undecided(
        reason="its versions could not be read", missing="versions"
    )
    assert answer(rule, healthy(has_versions=False, versions=None)) is None


MANY = WASTEFUL["old-versions"]


def space(gigabytes):
    return replace(MANY.surroundings, code_bytes=round(gigabytes * 1024**3))


def test_old_versions_that_need_a_gigabyte_are_advice():
    # 22 of 24 versions x 50 MB = 1,100 MB.
    many = MANY
    found = finding(many, "old-versions")
    assert found.saving == 0
    assert found.proposal.title == "22 old versions keep 1.1 GB of code"
    assert found.proposal.evidence["Old versions"] == "1, 2, 3, 4, 5 and 17 more"
    assert found.proposal.evidence["Code in the region"] == "70.0 of 75 GB"
    assert len(found.proposal.change.cli.splitlines()) == 22
    assert proposal("old-versions", replace(many, versions=many.versions[:20])) is None


@pytest.mark.parametrize(("gigabytes", "scarce"), [(59.9, False), (60.0, True)])  # 80% of 75 GB
def test_old_versions_are_advice_only_where_the_space_for_code_is_nearly_full(gigabytes, scarce):
    assert (proposal("old-versions", replace(MANY, surroundings=space(gigabytes))) is not None) == scarce


@pytest.mark.parametrize(
    "region", [None, replace(MANY.surroundings, code_bytes=None), replace(MANY.surroundings, code_limit_bytes=None)]
)
def test_old_versions_are_undecided_where_the_space_for_code_is_not_known(region):
    assert answer("old-versions", replace(MANY, surroundings=region)) == Undecided(
        reason="the space for code in its region could not be read", missing="surroundings.code_limit_bytes"
    )


def test_a_version_is_deleted_by_one_rule_only():
    many = healthy(has_versions=True, versions=tuple(published(number) for number in range(1, 25)))
    # 22 GB x 2,628,000 s x 0.0000015046 = 86.9899536
    assert savings(many) == {"snapstart-cache": Decimal("86.98")}


def test_a_version_that_another_change_publishes_does_not_make_one_more_version_old():
    both = replace(WASTEFUL["snapstart"], has_versions=True, versions=MANY.versions, surroundings=MANY.surroundings)
    assert finding(both, "snapstart")
    assert finding(both, "old-versions").proposal.evidence == finding(MANY, "old-versions").proposal.evidence
