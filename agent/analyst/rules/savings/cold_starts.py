"""Finds functions whose cold starts are a large part of their bill.

Since August 2025 AWS bills the initialisation of new instances like the duration of runs:
https://aws.amazon.com/blogs/compute/aws-lambda-standardizes-billing-for-init-phase/.
"""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from shlex import quote

from agent.analyst.analysis import cost, runtimes
from agent.analyst.analysis.finding import Answer, Change, Level, Proposal, Rule, Undecided
from agent.analyst.analysis.profile import FunctionProfile, Usage
from agent.analyst.analysis.thresholds import MIN_REPORTS
from agent.analyst.rules import missing

# A smaller part of the billed time is not worth work on the code.
COSTLY_SHARE = Decimal("0.1")
# About a dollar a month.
MIN_GB_SECONDS = 60_000
# AWS stops an initialisation after 10 s.
LONGEST_SECONDS = 10


def propose(profile: FunctionProfile) -> Answer:
    """Propose less work before the first run, where SnapStart does not cost less."""
    found = evidence(profile)
    return _with_less_work(profile, found) if isinstance(found, dict) else found


def evidence(profile: FunctionProfile) -> dict[str, str] | Undecided | None:
    """Return what shows that the cold starts of a function are costly; None if they are not."""
    usage, init = profile.usage, profile.init
    if usage is None:
        return missing.USAGE
    if _longest_start(profile, usage) * profile.memory_mb / 1_024 < MIN_GB_SECONDS:
        return None
    if init is None:
        return Undecided(reason="its cold starts were not sampled or could not be read", missing="init")
    if init.reports < MIN_REPORTS:
        return Undecided(reason=f"fewer than {MIN_REPORTS} REPORT lines were found", missing="init.reports")
    if not init.cold_starts:
        return None
    starting = cost.initialisation_seconds(profile)
    running = Decimal(str(usage.duration_ms)) / 1_000 * profile.window.per_month
    share = starting / (starting + running)
    if share < COSTLY_SHARE or starting * profile.memory_mb / 1_024 < MIN_GB_SECONDS:
        return None
    return {
        "Cold starts": f"{init.cold_starts:,} of {init.reports:,} sampled runs, "
        f"about {cost.cold_starts(profile):,.0f} a month",
        "Initialisation": f"{init.init_ms:,.0f} ms on average",
        "Share of the billed time": f"{share:.0%}",
        "Average duration of a run": f"{usage.average_ms:,.0f} ms",
        **_sizes(profile),
    }


def _longest_start(profile: FunctionProfile, usage: Usage) -> Decimal:
    """Return the seconds of a month in which instances would start if every run were a cold start."""
    return usage.invocations * profile.window.per_month * LONGEST_SECONDS


def _with_less_work(profile: FunctionProfile, evidence: dict[str, str]) -> Proposal:
    window, init = profile.window, profile.init
    assert init is not None
    query = "filter @type = 'REPORT' and ispresent(@initDuration) | stats count(*), avg(@initDuration) by bin(1d)"
    return Proposal(
        title="Its cold starts are a large part of its bill",
        evidence=evidence,
        change=Change(
            summary="Do less before the first run: a smaller package, fewer imports, clients made on first use",
            cli=(
                f"aws logs start-query --region {profile.region} --log-group-name {quote(profile.log_group_name)} "
                f"--start-time {window.start.timestamp():.0f} --end-time {window.end.timestamp():.0f} "
                f"--query-string {quote(query)}"
            ),
            undo="# The command only reads the logs.",
            pulumi="aws.lambda_.Function.code and layers: leave out what the function does not need",
        ),
        confidence=Level.MEDIUM,
        risk=Level.LOW,
        risk_reason=(
            "SnapStart makes such a function start faster, but not cheaper: restoring a snapshot costs as much as "
            "8.4 s of duration on x86_64 and 10.5 s on arm64, and AWS bills its cache."
            if runtimes.has_billed_snapshots(profile.runtime)
            else "Provisioned concurrency is cheaper only where its instances are busy for most of the time."
        ),
        effort=Level.HIGH,
        without_waste=replace(profile, init=replace(init, cold_starts=0)),
        after=profile,
    )


def _sizes(profile: FunctionProfile) -> dict[str, str]:
    if profile.code_bytes is None:
        return {}
    total = profile.code_bytes + sum(profile.layers_bytes)
    return {"Code and layers": f"{total / 1_024**2:,.1f} MB"}


RULE = Rule(
    name="cold-starts",
    title="Costly cold starts",
    propose=propose,
    by_duration=True,
)
