from dataclasses import replace

from agent.analysis import estate
from agent.analysis.profile import Architecture
from agent.report import changes, findings_json
from tests.agent.analysis.profiles import healthy, used
from tests.agent.report.reports import facts, report

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
