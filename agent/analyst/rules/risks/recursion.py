"""Finds functions that may call themselves in a loop without end."""

from agent.analyst.analysis.finding import Answer, Change, Level, Proposal, Rule
from agent.analyst.analysis.profile import FunctionProfile
from agent.analyst.rules.changes import target


def propose(profile: FunctionProfile) -> Answer:
    """Propose to let Lambda stop loops, as it does unless somebody has switched that off.

    Only the most expensive functions are asked about it. The method section of the report says so.
    """
    if not profile.may_recurse:
        return None
    return Proposal(
        title="Lambda does not stop it if it calls itself in a loop",
        evidence={"Recursive loops": "allowed"},
        change=Change(
            summary="Recursive loops: allowed → stopped after about 16 calls",
            cli=f"aws lambda put-function-recursion-config {target(profile)} --recursive-loop Terminate",
            undo=f"aws lambda put-function-recursion-config {target(profile)} --recursive-loop Allow",
            pulumi='aws.lambda_.FunctionRecursionConfig.recursive_loop = "Terminate"',
        ),
        confidence=Level.HIGH,
        risk=Level.MEDIUM,
        risk_reason="A loop through SQS, S3, SNS or the function itself costs without limit. If the function calls "
        "itself on purpose, keep the setting and set reserved concurrency.",
        effort=Level.LOW,
        after=profile,
    )


RULE = Rule(name="recursion", title="Loops that are not stopped", propose=propose)
