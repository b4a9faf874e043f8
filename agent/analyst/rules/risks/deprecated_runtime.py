"""Finds functions on runtimes that are deprecated or soon will be.

Once AWS blocks updates of a runtime's functions, moving to another runtime is the only change that it accepts. Rules
that would change such a function in another way are not applied until it has a supported runtime.
"""

from dataclasses import replace
from datetime import timedelta

from agent.analyst.analysis import runtimes
from agent.analyst.analysis.finding import Answer, Change, Level, Proposal, Rule, Undecided
from agent.analyst.analysis.profile import FunctionProfile
from agent.analyst.analysis.runtimes import Lifecycle
from agent.analyst.rules import changes

SOON = timedelta(days=180)


def propose(profile: FunctionProfile) -> Answer:
    """Propose the successor of a runtime that is deprecated or will be within 180 days."""
    lifecycle = runtimes.LIFECYCLES.get(profile.runtime or "")
    today = profile.window.end.date()
    if lifecycle is None and profile.runtime and profile.runtime not in runtimes.CURRENT:
        return Undecided(reason="the end of its runtime's support is not known", missing="runtime")
    if lifecycle is None or lifecycle.deprecated > today + SOON:
        return None
    past = lifecycle.deprecated <= today
    evidence = {"Runtime": lifecycle.identifier, "Deprecated on": lifecycle.deprecated.isoformat()}
    if lifecycle.update_blocked is not None:
        evidence["Updates blocked from"] = lifecycle.update_blocked.isoformat()
    return Proposal(
        title=f"Runtime {lifecycle.identifier} "
        + (
            f"has been deprecated since {lifecycle.deprecated}"
            if past
            else f"will be deprecated on {lifecycle.deprecated}"
        ),
        evidence=evidence,
        change=_change(profile, lifecycle),
        confidence=Level.HIGH,
        risk=Level.MEDIUM,
        risk_reason="A new language version may break the code: run its tests on it, then shift traffic with an alias."
        + (
            " Until then AWS refuses every other update of the function, so its memory, processor, storage, logging "
            "and timeout are not judged."
            if runtimes.updates_blocked(lifecycle.identifier, today)
            else ""
        ),
        effort=Level.HIGH,
        after=profile,
    )


def _change(profile: FunctionProfile, lifecycle: Lifecycle) -> Change:
    change = changes.of_function(
        profile,
        summary=f"Runtime {lifecycle.identifier} → {lifecycle.successor}",
        options=f"--runtime {lifecycle.successor}",
        undo=f"--runtime {lifecycle.identifier}",
        pulumi=f'aws.lambda_.Function.runtime = "{lifecycle.successor}"',
    )
    if not runtimes.updates_blocked(lifecycle.identifier, profile.window.end.date()):
        return change
    kept = "# AWS no longer accepts the old runtime. Only a published version keeps it: publish one before the change."
    return replace(change, undo=kept)


RULE = Rule(name="deprecated-runtime", title="Deprecated runtimes", propose=propose)
