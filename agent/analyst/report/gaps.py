"""What is missing in a report: what could not be read, and what the rules could not judge as a result."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from agent.analyst.analysis.combine import FunctionAssessment
from agent.analyst.analysis.estate import Assessment, Gap
from agent.analyst.analysis.finding import Rule
from agent.analyst.analysis.profile import FunctionProfile
from agent.analyst.analysis.thresholds import MIN_REPORTS
from agent.analyst.rules import RULES

# A report counts the functions that were not judged and names this many of them.
MAX_NAMED = 3

NO_GAPS = "None: everything could be read."
NOT_JUDGED = "Data was missing to judge these functions. They may or may not have the issue."

_RULES: Mapping[str, Rule] = {rule.name: rule for rule in RULES}


@dataclass(frozen=True, kw_only=True)
class Undecided:
    """Functions that one rule could not judge for one reason.

    Attributes:
        rule: The rule's name.
        reason: Why, as a clause about one function.
        functions: The functions' names, the most expensive first.
    """

    rule: str
    reason: str
    functions: Sequence[str]


def undecided(assessment: Assessment) -> Sequence[Undecided]:
    """Return what was not judged, grouped by rule and reason, in the order of the rules."""
    groups: dict[tuple[str, str], list[str]] = {}
    for rule in _RULES:
        for function in assessment.functions:
            reason = reason_of(rule, function)
            if reason is not None:
                groups.setdefault((rule, reason), []).append(function.profile.name)
    return [Undecided(rule=rule, reason=reason, functions=names) for (rule, reason), names in groups.items()]


def reason_of(rule: str, function: FunctionAssessment) -> str | None:
    """Return why a rule could not judge a function; None if it could, or if an earlier rule deletes the function."""
    if rule in function.undecided:
        missing = [needed for needed in _RULES[rule].needs if getattr(function.profile, needed) is None]
        return (
            _MISSING_ATTRIBUTE[missing[0]](function.profile)
            if missing
            else "the data that the rule needs could not be read"
        )
    if superseded(rule, function) or any(finding.rule == rule for finding in function.findings):
        return None
    missing_data = _MISSING_DATA.get(rule)
    return missing_data(function.profile) if missing_data else None


def affected(gap: Gap) -> str:
    """Return how many functions a gap affects: a number, or `all`."""
    return "all" if gap.functions is None else f"{gap.functions:,}"


def superseded(rule: str, function: FunctionAssessment) -> bool:
    """Return whether a rule was not applied because an earlier rule proposes to delete the function."""
    order = list(_RULES)
    return any(
        finding.proposal.after is None and order.index(finding.rule) < order.index(rule)
        for finding in function.findings
    )


def _without_memory(profile: FunctionProfile) -> str:
    if profile.usage is not None and not profile.usage.invocations:
        return "it did not run, so its memory use is not known"
    return "its memory use was not sampled or could not be read"


_MISSING_ATTRIBUTE: Mapping[str, Callable[[FunctionProfile], str]] = {
    "usage": lambda _: "its usage could not be read",
    "memory": _without_memory,
    "provisioned": lambda _: "its provisioned concurrency could not be read",
    "log_group": lambda _: "it has no log group of its own, or the group could not be read",
}


def _too_few_reports(profile: FunctionProfile) -> str | None:
    if profile.memory is None or profile.memory.reports >= MIN_REPORTS:
        return None
    return f"fewer than {MIN_REPORTS} REPORT lines were found"


def _unknown_utilization(profile: FunctionProfile) -> str | None:
    if all(one.peak_utilization is not None for one in profile.provisioned or ()):
        return None
    return "CloudWatch has no utilisation of its provisioned concurrency"


def _unknown_ingestion(profile: FunctionProfile) -> str | None:
    if profile.log_group is None or profile.log_group.incoming_bytes is not None:
        return None
    return "the amount of its logs could not be read"


def _unknown_p99(profile: FunctionProfile) -> str | None:
    if profile.usage is None or not profile.usage.invocations or profile.usage.p99_ms is not None:
        return None
    return "CloudWatch has no p99 of its duration"


# Data that a rule needs in addition to the attributes in `Rule.needs`.
_MISSING_DATA: Mapping[str, Callable[[FunctionProfile], str | None]] = {
    "memory-excess": _too_few_reports,
    "provisioned-concurrency": _unknown_utilization,
    "log-class": _unknown_ingestion,
    "timeout": _unknown_p99,
}
