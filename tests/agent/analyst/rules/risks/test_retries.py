from dataclasses import replace
from decimal import Decimal

import pytest

from agent.analyst.analysis.facts.configuration import AsyncConfig
from agent.analyst.analysis.finding import Category, Undecided
from tests.agent.analyst.analysis.profiles import answer, finding, healthy, proposal, used

# 400,000 events, of which most fail and are repeated twice: 1,000,000 runs.
STORM = healthy(
    usage=used(errors=800_000, async_events=400_000), async_config=AsyncConfig(retries=2, keeps_failures=True)
)


def test_repeated_runs_are_advice_with_their_cost():
    found = finding(STORM, "retries")
    assert (found.category, found.saving) == (Category.ADVICE, Decimal("0.00"))
    assert found.proposal.evidence["Repeated runs"] == "1,200,000 a month at most"
    # 1,200,000 requests x 0.0000002 = 0.24 and 1,200,000 GB-s x 0.0000133334 = 16.00008
    assert found.proposal.evidence["Wasted"].startswith("$16.24 a month")
    assert found.proposal.change.cli.endswith("--maximum-retry-attempts 0")


@pytest.mark.parametrize(
    ("usage", "retries", "repeated"),
    [
        ({"errors": 100_000, "async_events": 400_000}, 2, "200,000 a month at most"),  # never more than the errors
        ({"errors": 800_000, "async_events": 10_000}, 2, "40,000 a month at most"),  # most calls are synchronous
        ({"errors": 800_000, "async_events": 400_000}, 1, "800,000 a month at most"),
    ],
)
def test_repeated_runs_are_at_most_the_allowed_retries(usage, retries, repeated):
    profile = replace(STORM, usage=used(**usage), async_config=AsyncConfig(retries=retries))
    assert proposal("retries", profile).evidence["Repeated runs"] == repeated


def test_events_that_would_be_lost_get_a_destination_first():
    proposed = proposal("retries", replace(STORM, async_config=AsyncConfig()))
    assert "--destination-config 'OnFailure={Destination=<the ARN of a queue>}'" in proposed.change.cli
    assert proposed.evidence["Events that failed finally"] == "are lost"
    assert "failed events are lost" in proposed.risk_reason


def test_a_dead_letter_queue_is_kept_and_needs_no_configuration():
    queue = proposal("retries", replace(STORM, has_dead_letter_queue=True))
    update, put = queue.change.cli.split(" || ")
    assert update == proposal("retries", STORM).change.cli
    assert put == update.replace("update", "put")


@pytest.mark.parametrize(
    ("usage", "config"),
    [
        ({"errors": 49_000, "async_events": 400_000}, AsyncConfig()),  # 4.9% is normal operation
        ({"errors": 800_000, "async_events": 0}, None),  # synchronous calls only
        ({"errors": 800_000, "async_events": 400_000}, AsyncConfig(retries=0)),
        ({"errors": 800_000, "async_events": 1_000_000}, AsyncConfig()),  # as many runs as events
    ],
)
def test_without_repeated_failures_there_is_nothing_to_find(usage, config):
    assert proposal("retries", replace(STORM, usage=used(**usage), async_config=config)) is None


@pytest.mark.parametrize(
    ("async_events", "reason", "missing"),
    [
        (None, "the number of its asynchronous calls could not be read", "usage.async_events"),
        (400_000, "its number of retries could not be read", "async_config"),
    ],
)
def test_without_its_facts_it_is_undecided(async_events, reason, missing):
    unread = replace(STORM, usage=used(errors=800_000, async_events=async_events), async_config=None)
    assert answer("retries", unread) == Undecided(reason=reason, missing=missing)
