"""Runtimes that get no security updates any more, or soon will not."""

from datetime import timedelta

from agent.analysis import runtimes
from agent.analysis.finding import Change, Level, Proposal, Rule
from agent.analysis.profile import FunctionProfile

SOON = timedelta(days=180)


def propose(profile: FunctionProfile) -> Proposal | None:
    """Propose the successor of a runtime that is deprecated, or will be within half a year."""
    lifecycle = runtimes.LIFECYCLES.get(profile.runtime or "")
    today = profile.window.end.date()
    if lifecycle is None or lifecycle.deprecated > today + SOON:
        return None
    past = lifecycle.deprecated <= today
    evidence = {"Runtime": lifecycle.identifier, "Deprecated on": lifecycle.deprecated.isoformat()}
    if lifecycle.update_blocked is not None:
        evidence["Updates blocked from"] = lifecycle.update_blocked.isoformat()
    return Proposal(
        title=f"Runtime {lifecycle.identifier} "
        + (f"is deprecated since {lifecycle.deprecated}" if past else f"will be deprecated on {lifecycle.deprecated}"),
        evidence=evidence,
        change=Change(
            summary=f"Runtime {lifecycle.identifier} → {lifecycle.successor}",
            cli=(
                f"aws lambda update-function-configuration --region {profile.region} "
                f"--function-name {profile.name} --runtime {lifecycle.successor}"
            ),
            pulumi=f'aws.lambda_.Function.runtime = "{lifecycle.successor}"',
        ),
        confidence=Level.HIGH,
        risk=Level.MEDIUM,
        risk_reason="A new language version may break the code: run its tests on it, and shift traffic by an alias.",
        after=profile,
    )


RULE = Rule(name="deprecated-runtime", title="Deprecated runtimes", propose=propose)
