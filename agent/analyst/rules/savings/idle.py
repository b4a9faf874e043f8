"""Functions that nobody calls."""

from agent.analyst.analysis.finding import Change, Level, Proposal, Rule
from agent.analyst.analysis.profile import FunctionProfile
from agent.analyst.rules.changes import target
from agent.analyst.rules.risks import lambda_at_edge

# How many days of silence make it likely, and how many sure.
LIKELY_DAYS = 30
SURE_DAYS = 90
_LONGEST_MONTH_DAYS = 31


def propose(profile: FunctionProfile) -> Proposal | None:
    """Propose deletion of a function that is not called, unless calls are turned away or it is too young to judge."""
    usage = profile.usage
    assert usage is not None
    if usage.invocations or usage.throttles or profile.known_since > profile.window.start:
        return None
    days = int(profile.window.days) if usage.silent_days is None else usage.silent_days
    commands = [f"aws lambda delete-function {target(profile)}"]
    if profile.log_group is not None:
        commands.append(
            f"aws logs delete-log-group --region {profile.region} --log-group-name {profile.log_group.name}"
        )
    return Proposal(
        title=f"Not called for {days} days",
        evidence={
            "Invocations": "0",
            "Silent for": f"{days} days"
            + (", as far back as this analysis could look" if usage.silent_days is None else ""),
            "Known since": profile.known_since.date().isoformat(),
            "Last changed": profile.last_modified.date().isoformat(),
        },
        change=Change(
            summary="Delete the function and its logs",
            cli="\n".join(commands),
            pulumi="remove the aws.lambda_.Function resource and its aws.cloudwatch.LogGroup",
        ),
        confidence=_confidence(profile),
        risk=Level.MEDIUM,
        risk_reason=_risk(profile, days),
        after=None,
    )


def _confidence(profile: FunctionProfile) -> Level:
    assert profile.usage is not None
    days = profile.usage.silent_days
    if days is None or days < LIKELY_DAYS or lambda_at_edge.possible(profile):
        return Level.LOW
    return Level.HIGH if days >= SURE_DAYS else Level.MEDIUM


def _risk(profile: FunctionProfile, days: int) -> str:
    seen = (
        "A monthly job would have been seen, a yearly one would not"
        if days >= _LONGEST_MONTH_DAYS
        else "A monthly job would not have been seen"
    )
    edge = (
        f" If CloudFront runs it (Lambda@Edge), its calls are counted in other regions, as "
        f"{lambda_at_edge.REGION}.{profile.name}: look there first."
        if lambda_at_edge.possible(profile)
        else ""
    )
    return f"{seen}, and it may be there for emergencies: ask its owner, and keep its code.{edge}"


RULE = Rule(name="idle", title="Idle functions", propose=propose, needs=("usage",))
