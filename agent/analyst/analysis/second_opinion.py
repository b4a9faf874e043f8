"""Weighs a rule's proposal with the opinion of AWS Compute Optimizer about the function's memory.

Both look at different facts. The rules look at the memory that runs used. Compute Optimizer looks at the duration of
runs for each size, so also at the processor time that comes with memory.
"""

from __future__ import annotations

from dataclasses import replace

from agent.analyst.analysis.facts.second_opinion import SecondOpinion, Verdict
from agent.analyst.analysis.finding import Level, Proposal
from agent.analyst.analysis.profile import FunctionProfile

OVERPROVISIONED = "MemoryOverprovisioned"
UNDERPROVISIONED = "MemoryUnderprovisioned"
LABEL = "AWS Compute Optimizer"

# The reason that agrees with a rule.
_AGREEING = {"memory-excess": OVERPROVISIONED, "memory-pressure": UNDERPROVISIONED}
_RAISED = {Level.LOW: Level.MEDIUM, Level.MEDIUM: Level.HIGH, Level.HIGH: Level.HIGH}


def weighed(rule: str, proposal: Proposal, profile: FunctionProfile) -> Proposal:
    """Return the proposal with the second opinion, if there is one about it.

    Agreement raises the confidence by one level. Disagreement lowers it to low, and both reasons are shown.
    """
    opinion, agreeing = profile.optimizer, _AGREEING.get(rule)
    if opinion is None or agreeing is None:
        return proposal
    if opinion.verdict is Verdict.UNAVAILABLE:
        verdict, confidence = "has no opinion", proposal.confidence
    elif agreeing in opinion.reasons:
        verdict, confidence = "agrees", _RAISED[proposal.confidence]
    else:
        verdict, confidence = "disagrees", Level.LOW
    evidence = {**proposal.evidence, LABEL: f"{verdict}: {described(opinion)}"}
    if verdict == "disagrees":
        evidence["Why they differ"] = (
            "this report compares the memory that runs used, Compute Optimizer their duration at each size"
        )
    return replace(proposal, evidence={**evidence, **of_hub(profile)}, confidence=confidence)


def of_hub(profile: FunctionProfile) -> dict[str, str]:
    """Return the recommendation of AWS Cost Optimization Hub as evidence; nothing without one."""
    hub = profile.hub
    if hub is None:
        return {}
    recommended = " ".join(filter(None, (hub.action, hub.summary)))
    return {
        "AWS Cost Optimization Hub": f"{recommended}, expects to save ${hub.monthly_saving:,.2f} a month "
        "after discounts"
    }


def described(opinion: SecondOpinion) -> str:
    """Describe an opinion in one clause."""
    clauses = [opinion.verdict.value + (f" ({', '.join(opinion.reasons)})" if opinion.reasons else "")]
    if opinion.memory_mb is not None:
        clauses.append(f"recommends {opinion.memory_mb:,} MB")
    if opinion.monthly_saving is not None:
        clauses.append(f"expects to save ${opinion.monthly_saving:,.2f} a month")
    if opinion.lookback_days is not None:
        clauses.append(f"looked at {opinion.lookback_days:g} days")
    return ", ".join(clauses)
