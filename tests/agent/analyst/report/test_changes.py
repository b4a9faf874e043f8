from dataclasses import replace
from decimal import Decimal

from agent.analyst.analysis import estate
from agent.analyst.analysis.combine import SALE_THRESHOLD
from agent.analyst.analysis.profile import Architecture
from agent.analyst.report import changes, findings_json
from tests.agent.analyst.analysis.profiles import healthy, used
from tests.agent.analyst.report.reports import facts, report

DEAR = healthy(name="dear", architecture=Architecture.X86_64)
OLD = healthy(name="old", runtime="python3.8")
GROWN = replace(DEAR, usage=used(duration_ms=2_000_000_000.0))


def compare(before, after):
    previous = findings_json.document(report(assessment=estate.assess(facts(*before))))
    return changes.since(previous, estate.assess(facts(*after)))


def test_the_same_findings_are_no_change():
    found = compare([DEAR, OLD], [DEAR, OLD])
    assert not found
    assert found.since.isoformat() == "2026-11-23T12:00:00+00:00"


def test_a_finding_that_was_not_there_is_new():
    assert compare([DEAR], [DEAR, OLD]).new == ("deprecated-runtime:us-east-1/old",)


def test_a_finding_that_is_gone_is_resolved_and_keeps_its_title():
    assert compare([DEAR, OLD], [DEAR]).resolved == {
        "deprecated-runtime:us-east-1/old": "Runtime python3.8 is deprecated since 2024-10-14"
    }


def test_a_saving_that_has_grown_by_more_than_a_tenth_has_regressed():
    assert compare([DEAR], [GROWN]).regressed == ("architecture:us-east-1/dear",)
    slightly = replace(DEAR, usage=used(duration_ms=1_050_000_000.0))
    assert compare([DEAR], [slightly]).regressed == ()


def test_a_saving_that_has_shrunk_has_not():
    assert compare([GROWN], [DEAR]).regressed == ()


def test_advice_whose_saving_stays_at_nothing_has_not_regressed():
    assert compare([OLD], [OLD]).regressed == ()


def test_a_saving_that_has_grown_by_less_than_is_worth_a_change_has_not_regressed():
    def minor(mebibytes):
        return replace(healthy(name="roomy", ephemeral_storage_mb=mebibytes))

    before, after = (estate.assess(facts(minor(size))) for size in (2_048, 4_096))
    (small,), (large,) = before.findings, after.findings
    assert Decimal(0) < small.saving < large.saving < small.saving + SALE_THRESHOLD
    assert compare([minor(2_048)], [minor(4_096)]).regressed == ()


def test_what_could_not_be_read_again_is_not_judged_rather_than_resolved():
    found = compare([DEAR, OLD], [replace(DEAR, usage=None), OLD])
    assert found.resolved == {}
    assert not found
    (lost,) = found.not_judged
    assert (lost.identifier, lost.reason) == ("architecture:us-east-1/dear", "its use could not be read")


def test_a_region_that_was_not_looked_at_resolves_nothing():
    previous = findings_json.document(report(assessment=estate.assess(facts(DEAR))))
    elsewhere = replace(facts(), regions=("eu-west-1",))
    found = changes.since(previous, estate.assess(elsewhere))
    assert found.resolved == {}
    assert [lost.reason for lost in found.not_judged] == ["us-east-1 was not looked at"]


def test_what_was_not_judged_is_asked_for_again_in_the_report_after_the_next():
    first = findings_json.document(report(assessment=estate.assess(facts(DEAR))))
    unread = estate.assess(facts(replace(DEAR, usage=None)))
    second = findings_json.document(report(assessment=unread, changes=changes.since(first, unread)))

    def third(profile):
        return changes.since(second, estate.assess(facts(profile)))

    assert third(DEAR).new == ()
    assert list(third(replace(DEAR, architecture=Architecture.ARM64)).resolved) == ["architecture:us-east-1/dear"]
