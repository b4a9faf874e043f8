"""Finds functions that nobody calls but for which Lambda polls queues or streams."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from agent.analyst.analysis.facts.configuration import EventSource
from agent.analyst.analysis.finding import Answer, Change, Level, Proposal, Rule, Undecided
from agent.analyst.analysis.profile import FunctionProfile
from agent.analyst.rules import event_sources, missing

# Five connections, each with a request of 20 s: 15 a minute, in a month of 730 hours.
# https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html
RECEIVES_PER_MONTH = 657_000


def propose(profile: FunctionProfile) -> Answer:
    """Propose to stop polling while the sources have nothing for the function."""
    usage = profile.usage
    if usage is None:
        return missing.USAGE
    if usage.invocations or usage.throttles:
        return None
    if profile.event_sources is None:
        return Undecided(reason="its event sources could not be read", missing="event_sources")
    polled = [source for source in profile.event_sources if source.enabled]
    if not polled:
        return None
    return Proposal(
        title=f"Lambda polls {len(polled):,} event sources for it, and none had an event",
        evidence={
            "Invocations": "0",
            "Event sources": event_sources.named(polled),
            "Provisioned event pollers": f"{sum(source.minimum_pollers or 0 for source in polled):,}",
            **_requests(polled),
        },
        change=Change(
            summary="Disable its event sources",
            cli=event_sources.disabling(profile),
            undo=event_sources.enabling(profile),
            pulumi="aws.lambda_.EventSourceMapping.enabled = False",
        ),
        confidence=Level.MEDIUM,
        risk=Level.MEDIUM,
        risk_reason="Events that arrive later wait until the source is enabled again, or expire before.",
        effort=Level.LOW,
        after=replace(profile, event_sources=tuple(replace(source, enabled=False) for source in profile.event_sources)),
    )


def _requests(polled: Sequence[EventSource]) -> dict[str, str]:
    queues = sum(source.service == "sqs" and not source.minimum_pollers for source in polled)
    if not queues:
        return {}
    return {"Requests to SQS": f"about {queues * RECEIVES_PER_MONTH:,} a month, on the bill of SQS"}


RULE = Rule(name="idle-polling", title="Polled event sources without events", propose=propose)
