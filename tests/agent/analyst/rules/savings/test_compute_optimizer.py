from dataclasses import replace
from decimal import Decimal

import pytest

from agent.analyst.analysis.facts.second_opinion import HubRecommendation, SecondOpinion, Verdict
from agent.analyst.analysis.finding import Category, Level
from agent.analyst.analysis.profile import MemorySample
from tests.agent.analyst.analysis.profiles import assess, finding, healthy, proposal

SMALLER = SecondOpinion(
    verdict=Verdict.NOT_OPTIMIZED,
    reasons=("MemoryOverprovisioned",),
    memory_mb=512,
    monthly_saving=Decimal("5.10"),
    lookback_days=14.0,
)
LARGER = SecondOpinion(verdict=Verdict.NOT_OPTIMIZED, reasons=("MemoryUnderprovisioned",), memory_mb=1_536)
OPTIMIZED = SecondOpinion(verdict=Verdict.OPTIMIZED)
UNAVAILABLE = SecondOpinion(verdict=Verdict.UNAVAILABLE, reasons=("InsufficientData",))

ROOMY = healthy(memory=MemorySample(reports=200, peak_mb=300))
TIGHT = healthy(memory=MemorySample(reports=200, peak_mb=1_000))


@pytest.mark.parametrize(
    ("profile", "rule", "opinion", "confidence", "verdict"),
    [
        (ROOMY, "memory-excess", SMALLER, Level.HIGH, "agrees: NotOptimized (MemoryOverprovisioned)"),
        (ROOMY, "memory-excess", OPTIMIZED, Level.LOW, "disagrees: Optimized"),
        (ROOMY, "memory-excess", LARGER, Level.LOW, "disagrees: NotOptimized (MemoryUnderprovisioned)"),
        (ROOMY, "memory-excess", UNAVAILABLE, Level.MEDIUM, "has no opinion: Unavailable (InsufficientData)"),
        (TIGHT, "memory-pressure", LARGER, Level.HIGH, "agrees: NotOptimized (MemoryUnderprovisioned)"),
        (TIGHT, "memory-pressure", SMALLER, Level.LOW, "disagrees: NotOptimized (MemoryOverprovisioned)"),
    ],
)
def test_agreement_raises_the_confidence_and_disagreement_lowers_it(profile, rule, opinion, confidence, verdict):
    found = assess(replace(profile, optimizer=opinion)).findings
    assert [one.rule for one in found] == [rule]
    assert found[0].proposal.confidence is confidence
    assert found[0].proposal.evidence["AWS Compute Optimizer"].startswith(verdict)
    assert ("Why they differ" in found[0].proposal.evidence) is verdict.startswith("disagrees")


def test_the_saving_stays_that_of_this_analysis():
    found = finding(replace(ROOMY, optimizer=SMALLER), "memory-excess")
    assert found.saving == finding(ROOMY, "memory-excess").saving == Decimal("6.66")
    assert found.proposal.evidence["AWS Compute Optimizer"] == (
        "agrees: NotOptimized (MemoryOverprovisioned), recommends 512 MB, expects to save $5.10 a month, "
        "looked at 14 days"
    )


def test_the_hub_is_shown_beside_compute_optimizer():
    hub = HubRecommendation(
        action="Rightsize", summary="", monthly_saving=Decimal("4.20"), effort="Low", source="ComputeOptimizer"
    )
    evidence = finding(replace(ROOMY, optimizer=SMALLER, hub=hub), "memory-excess").proposal.evidence
    assert evidence["AWS Cost Optimization Hub"] == "Rightsize, expects to save $4.20 a month after discounts"


def test_without_an_opinion_nothing_changes():
    found = finding(ROOMY, "memory-excess").proposal
    assert found.confidence is Level.MEDIUM
    assert "AWS Compute Optimizer" not in found.evidence


@pytest.mark.parametrize("memory", [healthy().memory, None])
def test_a_size_that_only_compute_optimizer_recommends_is_advice_with_both_reasons(memory):
    hub = HubRecommendation(
        action="Rightsize", summary="512 MB", monthly_saving=Decimal("4.20"), effort="Low", source="ComputeOptimizer"
    )
    found = finding(healthy(memory=memory, optimizer=SMALLER, hub=hub), "compute-optimizer")
    assert (found.category, found.saving, found.proposal.confidence) == (Category.ADVICE, Decimal("0.00"), Level.LOW)
    evidence = found.proposal.evidence
    assert "expects to save $5.10 a month" in evidence["AWS Compute Optimizer"]
    assert evidence["This analysis"] == (
        "the runs used 850 MB at most, in 200 sampled runs" if memory else "does not know how much memory the runs used"
    )
    assert evidence["AWS Cost Optimization Hub"] == ("Rightsize 512 MB, expects to save $4.20 a month after discounts")


@pytest.mark.parametrize("opinion", [None, OPTIMIZED, UNAVAILABLE, replace(SMALLER, memory_mb=1_024)])
def test_without_another_size_there_is_nothing_to_find(opinion):
    assert proposal("compute-optimizer", healthy(optimizer=opinion)) is None
