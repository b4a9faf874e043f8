"""Finds functions whose memory AWS Compute Optimizer would change although the rules of this analysis would not."""

from __future__ import annotations

from agent.analyst.analysis import second_opinion
from agent.analyst.analysis.facts.second_opinion import Verdict
from agent.analyst.analysis.finding import Answer, Level, Proposal, Rule
from agent.analyst.analysis.profile import FunctionProfile
from agent.analyst.rules import changes
from agent.analyst.rules.risks import memory_pressure


def propose(profile: FunctionProfile) -> Answer:
    """Propose to test the recommended size. Without an opinion there is nothing to find.

    A rule that has changed the memory has removed the opinion from the profile, because it was about the old size.
    """
    opinion = profile.optimizer
    if opinion is None or opinion.verdict is not Verdict.NOT_OPTIMIZED or opinion.memory_mb is None:
        return None
    if opinion.memory_mb == profile.memory_mb or isinstance(memory_pressure.propose(profile), Proposal):
        return None
    evidence = {
        "Configured memory": f"{profile.memory_mb:,} MB",
        second_opinion.LABEL: second_opinion.described(opinion),
        "This analysis": _own_reason(profile),
        **second_opinion.of_hub(profile),
    }
    return Proposal(
        title=f"AWS Compute Optimizer recommends {opinion.memory_mb:,} MB, this analysis does not",
        evidence=evidence,
        change=changes.of_function(
            profile,
            summary=f"Test memory {profile.memory_mb:,} → {opinion.memory_mb:,} MB",
            options=f"--memory-size {opinion.memory_mb}",
            undo=f"--memory-size {profile.memory_mb}",
            pulumi=f"aws.lambda_.Function.memory_size = {opinion.memory_mb}",
        ),
        confidence=Level.LOW,
        risk=Level.MEDIUM,
        risk_reason="Compute Optimizer looks at the duration of runs, this analysis at the memory that they used. "
        "Measure both sizes with AWS Lambda Power Tuning. Its saving is not part of any total.",
        effort=Level.MEDIUM,
        after=profile,
    )


def _own_reason(profile: FunctionProfile) -> str:
    if profile.memory is None:
        return "does not know how much memory the runs used"
    return f"the runs used {profile.memory.peak_mb:,} MB at most, in {profile.memory.reports:,} sampled runs"


RULE = Rule(
    name="compute-optimizer",
    title="Memory that Compute Optimizer would change",
    propose=propose,
    by_duration=True,
    updates_function=True,
)
