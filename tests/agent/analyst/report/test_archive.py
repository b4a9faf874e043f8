import hashlib
import json
from dataclasses import replace
from datetime import timedelta

import boto3
import pytest
from moto import mock_aws

from agent.analyst.account.saved_facts import SavedFacts
from agent.analyst.analysis.prices import Meter
from agent.analyst.report.archive import Archive
from agent.analyst.report.document import Changes
from agent.analyst.report.objects import BucketObjects, FolderObjects
from tests.agent.analyst.price_lists import refreshed
from tests.agent.analyst.report.reports import report


@pytest.fixture
def bucket(monkeypatch):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    with mock_aws():
        client = boto3.client("s3", region_name="us-east-1")
        client.create_bucket(Bucket="reports")
        yield BucketObjects(client, "reports")


@pytest.fixture
def folder(tmp_path):
    return FolderObjects(tmp_path / "analyses")


@pytest.fixture(params=["bucket", "folder"])
def objects(request):
    return request.getfixturevalue(request.param)


def archive(objects, session_id="session", attempt=1):
    return Archive(objects, session_id=session_id, attempt=attempt)


def test_facts_are_loaded_exactly_as_saved(objects):
    saved = SavedFacts(
        facts=report().assessment.facts, usage_read=True, logs_read=True, sampled=("us-east-1/checkout",)
    )
    archive(objects).save(saved)
    assert archive(objects, attempt=2).load() == saved


def test_prices_are_loaded_exactly_as_saved(objects):
    table = refreshed()
    archive(objects).save(SavedFacts(facts=replace(report().assessment.facts, prices=(table,))))
    [loaded] = archive(objects, attempt=2).load().facts.prices
    assert loaded == table
    assert str(loaded.tiers[Meter.PROVISIONED_X86][0].usd) == "0.0000051234"


def test_facts_of_another_run_are_not_found(objects):
    archive(objects).save(SavedFacts(facts=report().assessment.facts))
    assert archive(objects, session_id="another").load() is None


def test_a_report_is_saved_as_html_markdown_and_json(objects):
    published = archive(objects).publish(report())
    page = objects.get("reports/session/attempt-1/report.html")
    assert hashlib.sha256(page).hexdigest() == published.sha256
    assert published.uri == objects.uri("reports/session/attempt-1/report.html")
    assert objects.get("reports/session/attempt-1/report.md").startswith(b"# AWS Lambda costs")
    assert json.loads(objects.get("reports/session/attempt-1/findings.json"))["session_id"] == "session"


def test_objects_in_the_bucket_have_a_content_type(bucket):
    archive(bucket).publish(report())
    kinds = {
        name: bucket.client.head_object(Bucket="reports", Key=f"reports/session/attempt-1/{name}")["ContentType"]
        for name in ("report.html", "report.md", "findings.json")
    }
    assert kinds == {
        "report.html": "text/html; charset=utf-8",
        "report.md": "text/markdown; charset=utf-8",
        "findings.json": "application/json",
    }


def test_the_uri_names_the_bucket_or_the_folder(bucket, folder):
    assert bucket.uri("reports/a.html") == "s3://reports/reports/a.html"
    assert folder.uri("reports/a.html").startswith("file:///")


def test_the_first_report_has_no_previous_report(objects):
    assert archive(objects).previous() is None


def test_a_run_compares_with_the_run_before_it_and_not_with_its_own_attempts(objects):
    first = report()
    archive(objects, "monday").publish(first)
    later = report(made_at=first.made_at + timedelta(days=1))
    assert archive(objects, "tuesday").previous()["made_at"] == "2026-11-23T12:00:00+00:00"
    archive(objects, "tuesday").publish(later)
    assert archive(objects, "tuesday", attempt=2).previous()["made_at"] == "2026-11-23T12:00:00+00:00"
    assert archive(objects, "wednesday").previous()["made_at"] == "2026-11-24T12:00:00+00:00"


def test_publishing_returns_whether_findings_changed(folder):
    since = report().made_at
    nothing = Changes(since=since, new=(), resolved={}, regressed=())
    resolved = Changes(since=since, new=(), resolved={"idle:us-east-1/checkout": "Idle"}, regressed=())
    assert [archive(folder).publish(report(changes=changes)).changed for changes in (None, nothing, resolved)] == [
        True,
        False,
        True,
    ]


def test_only_the_last_two_runs_are_listed_as_latest(objects):
    for day in ("monday", "tuesday", "wednesday"):
        archive(objects, day).publish(report())
    latest = json.loads(objects.get("reports/latest.json"))
    assert [run["session_id"] for run in latest["runs"]] == ["tuesday", "wednesday"]


def test_an_expired_report_is_not_used_as_the_previous_report(bucket):
    archive(bucket, "monday").publish(report())
    bucket.client.delete_object(Bucket="reports", Key="reports/monday/attempt-1/findings.json")
    assert archive(bucket, "tuesday").previous() is None
