"""Facts and a report for the tests."""

from dataclasses import replace
from datetime import UTC, datetime

from agent.analyst.analysis import estate
from agent.analyst.analysis.estate import Facts, Gap
from agent.analyst.analysis.profile import Architecture, MemorySample, ProvisionedConcurrency
from agent.analyst.report.document import Narrative, Report
from tests.agent.analyst.analysis.profiles import HALF_A_MONTH, healthy, logged, used

GAP = Gap(
    source="logs:FilterLogEvents",
    region="us-east-1",
    reason="AccessDeniedException",
    effect="memory sizes are not judged",
)

CHECKOUT = replace(
    healthy(name="checkout", architecture=Architecture.X86_64),
    memory_mb=3_008,
    memory=MemorySample(reports=200, peak_mb=400),
)
FORGOTTEN = healthy(
    name="forgotten",
    usage=used(invocations=0, duration_ms=0.0),
    provisioned=(ProvisionedConcurrency(qualifier="live", units=2, peak_utilization=0.0),),
)
UNREAD = healthy(name="unread", usage=None, memory=None, log_group=None)
OLD = healthy(name="old", runtime="python3.8", log_group=logged(retention_days=None, stored_bytes=10))
ROOMY = healthy(name="roomy", ephemeral_storage_mb=10_240)


def facts(*profiles, gaps=(GAP,), tag=""):
    return Facts(
        account="123456789012",
        window=HALF_A_MONTH,
        regions=tuple(sorted({profile.region for profile in profiles} | {"us-east-1"})),
        profiles=tuple(profiles),
        gaps=tuple(gaps),
        group_by_tag=tag,
    )


FACTS = facts(CHECKOUT, FORGOTTEN, UNREAD, OLD, ROOMY)


def report(**changes):
    """Return a report with findings of every category and a gap, with some attributes replaced."""
    assessment = changes.pop("assessment", None) or estate.assess(FACTS)
    return replace(
        Report(
            session_id="session",
            attempt=1,
            made_at=datetime(2026, 11, 23, 12, tzinfo=UTC),
            prompt="Analyse the account.",
            prompt_version="7",
            assessment=assessment,
            narrative=Narrative(summary="First this.\n\nThen checkout & forgotten.", author="model"),
        ),
        **changes,
    )
