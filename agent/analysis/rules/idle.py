"""Functions that nobody has called for the whole window."""

from agent.analysis.finding import Change, Level, Proposal, Rule
from agent.analysis.profile import FunctionProfile


def propose(profile: FunctionProfile) -> Proposal | None:
    """Propose deletion of a function without one invocation, unless it is too young to judge."""
    assert profile.usage is not None
    if profile.usage.invocations or profile.known_since > profile.window.start:
        return None
    region = f"--region {profile.region}"
    commands = [f"aws lambda delete-function {region} --function-name {profile.name}"]
    if profile.log_group is not None:
        commands.append(f"aws logs delete-log-group {region} --log-group-name {profile.log_group.name}")
    return Proposal(
        title=f"Not called once in {profile.window.days:.0f} days",
        evidence={
            "Invocations": "0",
            "Known since": profile.known_since.date().isoformat(),
            "Last changed": profile.last_modified.date().isoformat(),
        },
        change=Change(
            summary="Delete the function and its logs",
            cli="\n".join(commands),
            pulumi="remove the aws.lambda_.Function resource and its aws.cloudwatch.LogGroup",
        ),
        confidence=Level.HIGH,
        risk=Level.MEDIUM,
        risk_reason="It may be needed by a yearly job or in an emergency: keep its code, and ask its owner first.",
        after=None,
    )


RULE = Rule(name="idle", title="Idle functions", propose=propose, needs=("usage",))
