from dataclasses import replace
from decimal import Decimal

from agent.analyst.analysis import estate
from agent.analyst.analysis.profile import Architecture
from agent.analyst.analysis.thresholds import MIN_OPPORTUNITY_USD
from agent.analyst.report import changes, findings_json, predecessor
from tests.agent.analyst.analysis.profiles import healthy, used
from tests.agent.analyst.report.reports import facts, report

EXPENSIVE = healthy(name="expensive", architecture=Architecture.X86_64)
OLD = healthy(name="old", runtime="python3.8")
GROWN = replace(EXPENSIVE, usage=used(duration_ms=2_000_000_000.0))


def parsed(earlier):
    return predecessor.parse(findings_json.render(earlier).encode(), account="")


def compare(before, after):
    previous = parsed(report(assessment=estate.assess(facts(*before))))
    return changes.since(previous, estate.assess(facts(*after)))


def test_the_same_findings_are_no_change():
    found = compare([EXPENSIVE, OLD], [EXPENSIVE, OLD])
    assert not found
    assert found.since.isoformat() == "2026-11-23T12:00:00+00:00"


def test_a_finding_that_the_last_report_lacks_is_new():
    assert compare([EXPENSIVE], [EXPENSIVE, OLD]).new == ("deprecated-runtime:us-east-1/old",)


def test_a_finding_that_is_gone_is_resolved_and_keeps_its_title():
    assert compare([EXPENSIVE, OLD], [EXPENSIVE]).resolved == {
        "deprecated-runtime:us-east-1/old": "Runtime python3.8 has been deprecated since 2024-10-14"
    }


def test_a_saving_that_has_grown_by_more_than_a_tenth_has_regressed():
    assert compare([EXPENSIVE], [GROWN]).regressed == ("architecture:us-east-1/expensive",)
    slightly = replace(EXPENSIVE, usage=used(duration_ms=1_050_000_000.0))
    assert compare([EXPENSIVE], [slightly]).regressed == ()


def test_a_saving_that_has_shrunk_has_not_regressed():
    assert compare([GROWN], [EXPENSIVE]).regressed == ()


def test_a_finding_without_a_saving_has_not_regressed():
    assert compare([OLD], [OLD]).regressed == ()


def test_a_saving_that_has_grown_by_less_than_an_opportunity_has_not_regressed():
    def minor(mebibytes):
        return replace(healthy(name="roomy", ephemeral_storage_mb=mebibytes))

    before, after = (estate.assess(facts(minor(size))) for size in (2_048, 4_096))
    (small,), (large,) = before.findings, after.findings
    assert Decimal(0) < small.saving < large.saving < small.saving + MIN_OPPORTUNITY_USD
    assert compare([minor(2_048)], [minor(4_096)]).regressed == ()


def test_a_finding_whose_data_is_missing_is_not_judged_and_not_resolved():
    found = compare([EXPENSIVE, OLD], [replace(EXPENSIVE, usage=None), OLD])
    assert found.resolved == {}
    assert not found
    (one,) = found.not_judged
    assert (one.identifier, one.reason) == ("architecture:us-east-1/expensive", "its usage could not be read")


def test_findings_of_a_region_that_was_not_analysed_are_not_resolved():
    previous = parsed(report(assessment=estate.assess(facts(EXPENSIVE))))
    elsewhere = replace(facts(), regions=("eu-west-1",))
    found = changes.since(previous, estate.assess(elsewhere))
    assert found.resolved == {}
    assert [one.reason for one in found.not_judged] == ["us-east-1 was not analysed"]


def test_a_finding_that_was_not_judged_is_compared_in_the_next_report():
    first = parsed(report(assessment=estate.assess(facts(EXPENSIVE))))
    unread = estate.assess(facts(replace(EXPENSIVE, usage=None)))
    second = parsed(report(assessment=unread, changes=changes.since(first, unread)))

    def third(profile):
        return changes.since(second, estate.assess(facts(profile)))

    assert third(EXPENSIVE).new == ()
    assert list(third(replace(EXPENSIVE, architecture=Architecture.ARM64)).resolved) == [
        "architecture:us-east-1/expensive"
    ]
