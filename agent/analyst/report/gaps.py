"""What is missing from a report: what could not be read, and what the rules could not judge for it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from agent.analyst.analysis.combine import FunctionAssessment
from agent.analyst.analysis.estate import Assessment, Gap
from agent.analyst.analysis.finding import Rule
from agent.analyst.analysis.profile import FunctionProfile
from agent.analyst.rules import RULES
from agent.analyst.rules.savings.memory_excess import FEWEST_REPORTS

# A report counts all functions that were not judged, and names so many of them.
MOST_NAMED = 3

NO_GAPS = "None: everything that was asked for could be read."
NOT_JUDGED = "Where a rule lacked the data to decide, it says nothing: a function below may be fine, or not."

_RULES: Mapping[str, Rule] = {rule.name: rule for rule in RULES}


@dataclass(frozen=True, kw_only=True)
class Undecided:
    """Functions that one rule could not judge for one reason.

    Attributes:
        rule: The rule's name.
        reason: Why, as what is said of each of them.
        functions: Their names, the dearest first.
    """

    rule: str
    reason: str
    functions: Sequence[str]


def undecided(assessment: Assessment) -> Sequence[Undecided]:
    """Everything that was not judged, in the order of the rules: a line for each reason, however many functions."""
    groups: dict[tuple[str, str], list[str]] = {}
    for rule in _RULES:
        for function in assessment.functions:
            reason = reason_of(rule, function)
            if reason is not None:
                groups.setdefault((rule, reason), []).append(function.profile.name)
    return [Undecided(rule=rule, reason=reason, functions=names) for (rule, reason), names in groups.items()]


def reason_of(rule: str, function: FunctionAssessment) -> str | None:
    """Why a rule could not judge a function; None where it could, or where the function is to be deleted anyway."""
    if rule in function.undecided:
        missing = [needed for needed in _RULES[rule].needs if getattr(function.profile, needed) is None]
        return _MISSING[missing[0]](function.profile) if missing else "what it needs to know could not be read"
    if overtaken(rule, function) or any(finding.rule == rule for finding in function.findings):
        return None
    lacks = _LACKS.get(rule)
    return lacks(function.profile) if lacks else None


def concerned(gap: Gap) -> str:
    """How many functions a gap is about, in a word."""
    return "all" if gap.functions is None else f"{gap.functions:,}"


def overtaken(rule: str, function: FunctionAssessment) -> bool:
    """Whether a rule was not put to a function because one before it proposes to delete it."""
    order = list(_RULES)
    return any(
        finding.proposal.after is None and order.index(finding.rule) < order.index(rule)
        for finding in function.findings
    )


def _without_memory(profile: FunctionProfile) -> str:
    if profile.usage is not None and not profile.usage.invocations:
        return "it did not run, so that its memory use is not known"
    return "its memory use was not sampled or could not be read"


_MISSING: Mapping[str, Callable[[FunctionProfile], str]] = {
    "usage": lambda _: "its use could not be read",
    "memory": _without_memory,
    "provisioned": lambda _: "its provisioned concurrency could not be read",
    "log_group": lambda _: "it has no log group of its own, or that could not be read",
}


def _too_few_reports(profile: FunctionProfile) -> str | None:
    if profile.memory is None or profile.memory.reports >= FEWEST_REPORTS:
        return None
    return f"fewer than {FEWEST_REPORTS} REPORT lines were found, too few to trust"


def _unknown_utilization(profile: FunctionProfile) -> str | None:
    if all(one.peak_utilization is not None for one in profile.provisioned or ()):
        return None
    return "CloudWatch told no utilisation of its provisioned concurrency"


def _unknown_ingestion(profile: FunctionProfile) -> str | None:
    if profile.log_group is None or profile.log_group.incoming_bytes is not None:
        return None
    return "how much it logs could not be read"


def _unknown_p99(profile: FunctionProfile) -> str | None:
    if profile.usage is None or not profile.usage.invocations or profile.usage.p99_ms is not None:
        return None
    return "CloudWatch told no p99 of its duration"


# What a rule holds its peace without, beyond the attributes that it needs.
_LACKS: Mapping[str, Callable[[FunctionProfile], str | None]] = {
    "memory-excess": _too_few_reports,
    "provisioned-concurrency": _unknown_utilization,
    "log-class": _unknown_ingestion,
    "timeout": _unknown_p99,
}
