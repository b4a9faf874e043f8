from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from agent.analyst.analysis.facts.configuration import DurableConfig, FunctionUrl
from agent.analyst.analysis.finding import Category, Level, Undecided
from agent.analyst.analysis.profile import Architecture, ProvisionedConcurrency
from tests.agent.analyst.analysis.profiles import (
    HALF_A_MONTH,
    answer,
    finding,
    healthy,
    logged,
    proposal,
    savings,
    used,
)
from tests.agent.analyst.rules.wasteful import QUEUE

UNUSED = used(invocations=0, duration_ms=0.0, p95_ms=None, p99_ms=None)


def test_deleting_an_idle_function_saves_what_it_costs():
    idle = healthy(
        usage=UNUSED,
        provisioned=(ProvisionedConcurrency(qualifier="live", units=2, peak_utilization=0.0),),
        log_group=logged(incoming_bytes=0, stored_bytes=100 * 1024**3),
    )
    # 2 x 2,628,000 GB-s x 0.0000033334 = 17.52035...; 100 GB x 0.15 x 0.03 = 0.45
    assert savings(idle) == {"idle": Decimal("17.97")}


def test_a_function_that_costs_nothing_is_advice():
    assert finding(healthy(usage=UNUSED, log_group=None), "idle").category is Category.ADVICE


def test_a_function_that_ran_once_is_not_idle():
    assert proposal("idle", healthy(usage=used(invocations=1))) is None


def test_a_throttled_function_is_not_idle():
    assert proposal("idle", healthy(usage=replace(UNUSED, throttles=1))) is None


def test_a_function_that_is_known_only_since_the_window_began_is_undecided():
    young = healthy(usage=UNUSED, known_since=HALF_A_MONTH.start + timedelta(seconds=1))
    assert answer("idle", young) == Undecided(
        reason="it may be newer than the time of observation", missing="known_since"
    )


@pytest.mark.parametrize(
    ("days", "confidence", "monthly"),
    [
        (15, Level.LOW, "A monthly job may not have run in this time"),
        (30, Level.MEDIUM, "A monthly job may not have run in this time"),
        (31, Level.MEDIUM, "A yearly job may not have run in this time"),
        (89, Level.MEDIUM, "A yearly job may not have run in this time"),
        (90, Level.HIGH, "A yearly job may not have run in this time"),
    ],
)
def test_confidence_grows_with_the_days_without_a_call(days, confidence, monthly):
    proposed = proposal("idle", healthy(usage=replace(UNUSED, silent_days=days)))
    assert proposed.title == f"Not called for {days} days"
    assert proposed.evidence["Not called for"] == f"{days} days"
    assert proposed.confidence is confidence
    assert proposed.risk_reason.startswith(monthly)


def test_confidence_is_low_without_a_look_back():
    proposed = proposal("idle", healthy(usage=UNUSED))
    assert proposed.title == "Not called for 15 days"
    assert proposed.confidence is Level.LOW


@pytest.mark.parametrize(
    ("changes", "confidence"),
    [
        ({"has_versions": True}, Level.LOW),
        ({"has_versions": None}, Level.LOW),
        ({"has_versions": False}, Level.HIGH),
        ({"has_versions": True, "region": "eu-west-1"}, Level.HIGH),
        ({"has_versions": True, "architecture": Architecture.ARM64}, Level.HIGH),
        ({"has_versions": True, "runtime": "java25"}, Level.HIGH),
    ],
)
def test_a_possible_lambda_at_edge_function_has_low_confidence(changes, confidence):
    silent = replace(UNUSED, silent_days=200)
    proposed = proposal("idle", healthy(**{"architecture": Architecture.X86_64, "usage": silent, **changes}))
    assert proposed.confidence is confidence
    assert ("(Lambda@Edge)" in proposed.risk_reason) is (confidence is Level.LOW)
    assert ("us-east-1.healthy" in proposed.risk_reason) is (confidence is Level.LOW)


def test_the_log_group_is_deleted_with_the_function():
    commands = finding(healthy(usage=UNUSED), "idle").proposal.change.cli.splitlines()
    assert commands[2:] == [
        "aws lambda delete-function --region us-east-1 --function-name healthy &&",
        "aws logs delete-log-group --region us-east-1 --log-group-name /aws/lambda/healthy",
    ]


DURABLE = DurableConfig(execution_timeout_seconds=31_622_400, retention_days=14)
SILENT_FOR_LONG = replace(UNUSED, silent_days=200)


def test_a_durable_function_whose_executions_were_not_read_is_undecided():
    suspended = healthy(usage=SILENT_FOR_LONG, durable=DURABLE)
    assert answer("idle", suspended) == Undecided(
        reason="it is a durable function, and whether an execution of it is suspended could not be read",
        missing="durable_executions",
    )


def test_a_suspended_durable_function_is_not_idle():
    assert proposal("idle", healthy(usage=SILENT_FOR_LONG, durable=DURABLE, durable_executions=1)) is None


def test_a_durable_function_without_executions_is_idle_with_medium_confidence():
    proposed = proposal("idle", healthy(usage=SILENT_FOR_LONG, durable=DURABLE, durable_executions=0))
    assert proposed.confidence is Level.MEDIUM
    assert proposed.evidence["Durable executions that have not ended"] == "0"
    assert "suspended for up to 366 days" in proposed.risk_reason


def test_event_sources_are_deleted_before_the_function():
    proposed = proposal("idle", healthy(usage=UNUSED, event_sources=(QUEUE,)))
    deleted, function, _ = proposed.change.cli.splitlines()[-3:]
    assert "list-event-source-mappings --region us-east-1 --function-name healthy" in deleted
    assert 'delete-event-source-mapping --region us-east-1 --uuid "$uuid"; done' in deleted
    assert function == "aws lambda delete-function --region us-east-1 --function-name healthy &&"
    assert proposed.evidence["Event sources"] == "sqs orders"


def test_a_public_url_is_mentioned():
    url = FunctionUrl(qualifier=None, public=True)
    assert "a URL that anybody may call" in proposal("idle", healthy(usage=UNUSED, function_urls=(url,))).risk_reason
    private = replace(url, public=False)
    assert "URL" not in proposal("idle", healthy(usage=UNUSED, function_urls=(private,))).risk_reason
