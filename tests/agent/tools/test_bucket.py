import hashlib
import json
from datetime import timedelta

import boto3
import pytest
from moto import mock_aws

from agent.tools.bucket import ReportBucket
from agent.tools.collector import SavedFacts
from tests.agent.report.reports import report

BUCKET = "reports"


@pytest.fixture
def client(monkeypatch):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    with mock_aws():
        client = boto3.client("s3", region_name="us-east-1")
        client.create_bucket(Bucket=BUCKET)
        yield client


def bucket(client, session_id="session", attempt=1):
    return ReportBucket(client, BUCKET, session_id=session_id, attempt=attempt)


def fetched(client, key):
    return client.get_object(Bucket=BUCKET, Key=key)


def test_facts_survive_to_the_last_digit(client):
    saved = SavedFacts(
        facts=report().assessment.facts, usage_read=True, logs_read=True, sampled=("us-east-1/checkout",)
    )
    bucket(client).save(saved)
    assert bucket(client, attempt=2).load() == saved


def test_facts_of_another_run_are_not_found(client):
    bucket(client).save(SavedFacts(facts=report().assessment.facts))
    assert bucket(client, session_id="another").load() is None


def test_a_report_is_saved_as_page_text_and_findings(client):
    published = bucket(client).publish(report())
    page = fetched(client, "reports/session/attempt-1/report.html")
    assert page["ContentType"] == "text/html; charset=utf-8"
    assert hashlib.sha256(page["Body"].read()).hexdigest() == published.sha256
    assert published.uri == "s3://reports/reports/session/attempt-1/report.html"
    assert fetched(client, "reports/session/attempt-1/report.md")["ContentType"] == "text/markdown; charset=utf-8"
    assert fetched(client, "reports/session/attempt-1/findings.json")["ContentType"] == "application/json"


def test_the_first_report_has_no_one_before_it(client):
    assert bucket(client).previous() is None


def test_a_run_compares_with_the_run_before_it_and_not_with_its_own_attempts(client):
    first = report()
    bucket(client, "monday").publish(first)
    later = report(made_at=first.made_at + timedelta(days=1))
    assert bucket(client, "tuesday").previous()["made_at"] == "2026-11-23T12:00:00+00:00"
    bucket(client, "tuesday").publish(later)
    assert bucket(client, "tuesday", attempt=2).previous()["made_at"] == "2026-11-23T12:00:00+00:00"
    assert bucket(client, "wednesday").previous()["made_at"] == "2026-11-24T12:00:00+00:00"


def test_only_two_runs_are_remembered(client):
    for day in ("monday", "tuesday", "wednesday"):
        bucket(client, day).publish(report())
    latest = json.loads(fetched(client, "reports/latest.json")["Body"].read())
    assert [run["session_id"] for run in latest["runs"]] == ["tuesday", "wednesday"]


def test_a_report_that_has_expired_is_no_report_before(client):
    bucket(client, "monday").publish(report())
    client.delete_object(Bucket=BUCKET, Key="reports/monday/attempt-1/findings.json")
    assert bucket(client, "tuesday").previous() is None
