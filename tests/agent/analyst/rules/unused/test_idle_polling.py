import shlex
from dataclasses import replace
from decimal import Decimal

import pytest

from agent.analyst.analysis.facts.configuration import EventSource
from agent.analyst.analysis.finding import Category, Undecided
from tests.agent.analyst.analysis.profiles import END, answer, finding, healthy, proposal, savings
from tests.agent.analyst.rules.wasteful import QUEUE, SILENT

STREAM = EventSource(service="kinesis", arn="arn:aws:kinesis:us-east-1:123456789012:stream/clicks", enabled=True)


def new(*sources):
    """Return a function that is too new to be idle."""
    return healthy(usage=SILENT, known_since=END, event_sources=sources)


def test_provisioned_pollers_of_a_queue_without_events_are_saved():
    # 10 x 730 h x 0.00925 = 67.525
    assert savings(new(replace(QUEUE, minimum_pollers=10))) == {"idle-polling": Decimal("67.52")}


def test_polling_on_demand_is_advice_with_the_requests_to_sqs():
    found = finding(new(QUEUE, STREAM), "idle-polling")
    assert found.category is Category.ADVICE
    assert found.proposal.evidence["Event sources"] == "sqs orders, kinesis stream/clicks"
    # 5 connections x 3 requests a minute x 60 x 730
    assert found.proposal.evidence["Requests to SQS"] == "about 657,000 a month, on the bill of SQS"
    noted, disabled = found.proposal.change.cli.splitlines()
    assert shlex.split(noted)[-6:] == [
        "--query",
        "EventSourceMappings[?State=='Enabled'].UUID",
        "--output",
        "text",
        ">",
        "healthy.polled.txt",
    ]
    assert disabled == (
        "for uuid in $(cat healthy.polled.txt); do "
        'aws lambda update-event-source-mapping --region us-east-1 --uuid "$uuid" --no-enabled; done'
    )
    assert found.proposal.change.undo == disabled.replace("--no-enabled", "--enabled")


def test_streams_send_no_requests_to_sqs():
    assert "Requests to SQS" not in proposal("idle-polling", new(STREAM)).evidence


@pytest.mark.parametrize(
    "profile",
    [new(), new(replace(QUEUE, enabled=False)), healthy(event_sources=(QUEUE,)), healthy(event_sources=None)],
)
def test_functions_that_are_called_or_not_polled_are_kept(profile):
    assert proposal("idle-polling", profile) is None


def test_a_silent_function_whose_sources_could_not_be_read_is_undecided():
    silent = healthy(usage=SILENT, event_sources=None)
    assert answer("idle-polling", silent) == Undecided(
        reason="its event sources could not be read", missing="event_sources"
    )
