"""Finds functions whose failed asynchronous calls are repeated, each time billed."""

from __future__ import annotations

from dataclasses import replace

from agent.analyst.analysis.facts.configuration import AsyncConfig
from agent.analyst.analysis.finding import Answer, Change, Level, Proposal, Rule, Undecided
from agent.analyst.analysis.profile import FunctionProfile, Usage
from agent.analyst.rules import missing, rates
from agent.analyst.rules.changes import target
from agent.analyst.rules.risks.errors import MIN_ERRORS, TOLERATED_RATE


def propose(profile: FunctionProfile) -> Answer:
    """Propose fewer retries, and a place for the events that failed, where most events fail repeatedly."""
    usage = profile.usage
    if usage is None:
        return missing.USAGE
    if usage.errors < MIN_ERRORS or usage.errors <= TOLERATED_RATE * usage.invocations:
        return None
    if usage.async_events is None:
        return Undecided(reason="the number of its asynchronous calls could not be read", missing="usage.async_events")
    if not usage.async_events:
        return None
    config = profile.async_config
    if config is None:
        return Undecided(reason="its number of retries could not be read", missing="async_config")
    repeated = min(usage.errors, usage.async_events * config.retries, max(0, usage.invocations - usage.async_events))
    if repeated < MIN_ERRORS:
        return None
    return Proposal(
        title=f"Failed asynchronous calls are repeated up to {config.retries} times",
        evidence={
            "Asynchronous events": rates.a_month(profile, usage.async_events),
            "Invocations": rates.a_month(profile, usage.invocations),
            "Errors": rates.a_month(profile, usage.errors),
            "Repeated runs": f"{rates.a_month(profile, repeated)} at most",
            "Events that failed finally": "are kept" if config.keeps_failures else "are lost",
        },
        change=Change(
            summary=f"Retries {config.retries} → 0, after the cause of the errors is known",
            cli=_without_retries(profile, config),
            undo=f"aws lambda update-function-event-invoke-config {target(profile)} "
            f"--maximum-retry-attempts {config.retries}",
            pulumi="aws.lambda_.FunctionEventInvokeConfig: maximum_retry_attempts = 0, and an on_failure destination",
        ),
        confidence=Level.MEDIUM,
        risk=Level.MEDIUM,
        risk_reason="Retries are needed for temporary errors, such as a throttle of another service."
        + ("" if config.keeps_failures else " Without a destination or a dead-letter queue, failed events are lost."),
        effort=Level.HIGH,
        without_waste=_without(profile, usage, repeated),
        after=profile,
    )


def _without_retries(profile: FunctionProfile, config: AsyncConfig) -> str:
    # `put` replaces the whole configuration, also a destination that exists. `update` needs one that exists.
    options = f"{target(profile)} --maximum-retry-attempts 0"
    put = f"aws lambda put-function-event-invoke-config {options}"
    if not config.keeps_failures:
        return f"{put} --destination-config 'OnFailure={{Destination=<the ARN of a queue>}}'"
    update = f"aws lambda update-function-event-invoke-config {options}"
    return f"{update} || {put}" if profile.has_dead_letter_queue else update


def _without(profile: FunctionProfile, usage: Usage, repeated: int) -> FunctionProfile | None:
    """Return the function without its repeated runs; None where duration is not billed."""
    if profile.managed_instances:
        return None
    kept = usage.invocations - repeated
    return replace(
        profile,
        usage=replace(usage, invocations=kept, duration_ms=usage.duration_ms * kept / usage.invocations),
        provisioned=None
        if profile.provisioned is None
        else tuple(
            replace(one, invocations=one.invocations * kept // usage.invocations) for one in profile.provisioned
        ),
    )


RULE = Rule(name="retries", title="Repeated failures", propose=propose)
