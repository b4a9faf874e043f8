import gzip
import hashlib
import json
import re
from dataclasses import replace
from datetime import timedelta

import boto3
import pytest
from botocore.stub import Stubber
from moto import mock_aws

from agent.analyst.account.saved_facts import VERSION, SavedFacts
from agent.analyst.analysis.prices import Meter
from agent.analyst.report import findings_json
from agent.analyst.report.archive import Archive
from agent.analyst.report.document import Changes
from agent.analyst.report.objects import BucketObjects, FolderObjects
from agent.analyst.report.predecessor import UnreadableReportError
from tests.agent.analyst.account.everything import everything
from tests.agent.analyst.price_lists import refreshed
from tests.agent.analyst.report.reports import report

ACCOUNT = report().assessment.facts.account


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
        version=VERSION,
        facts=report().assessment.facts,
        usage_read=True,
        logs_read=True,
        sampled=("us-east-1/checkout",),
    )
    archive(objects).save(saved)
    assert archive(objects, attempt=2).load() == saved


def test_saved_facts_with_every_part_are_loaded_exactly_as_saved(folder):
    full = SavedFacts(version=VERSION, facts=everything())
    archive(folder).save(full)
    assert archive(folder, attempt=2).load() == full


def test_prices_are_loaded_exactly_as_saved(objects):
    table = refreshed()
    archive(objects).save(SavedFacts(version=VERSION, facts=replace(report().assessment.facts, prices=(table,))))
    [loaded] = archive(objects, attempt=2).load().facts.prices
    assert loaded == table
    assert str(loaded.tiers[Meter.PROVISIONED_X86][0].usd) == "0.0000051234"


def test_facts_of_another_run_are_not_found(objects):
    archive(objects).save(SavedFacts(version=VERSION, facts=report().assessment.facts))
    assert archive(objects, session_id="another").load() is None


def test_a_report_is_saved_as_html_markdown_csv_and_json(objects):
    published = archive(objects).publish(report())
    page = objects.get("reports/session/attempt-1/report.html")
    assert hashlib.sha256(page).hexdigest() == published.sha256
    assert published.uri == objects.uri("reports/session/attempt-1/report.html")
    assert objects.get("reports/session/attempt-1/report.md").startswith(b"# $")
    assert objects.get("reports/session/attempt-1/findings.csv").startswith(b"\xef\xbb\xbfcategory,")
    assert json.loads(objects.get("reports/session/attempt-1/findings.json"))["session_id"] == "session"


def test_objects_in_the_bucket_have_a_content_type(bucket):
    archive(bucket).publish(report())
    kinds = {
        name: bucket.client.head_object(Bucket="reports", Key=f"reports/session/attempt-1/{name}")["ContentType"]
        for name in ("report.html", "report.md", "findings.csv", "findings.json")
    }
    assert kinds == {
        "report.html": "text/html; charset=utf-8",
        "report.md": "text/markdown; charset=utf-8",
        "findings.csv": "text/csv; charset=utf-8; header=present",
        "findings.json": "application/json",
    }


def test_the_uri_names_the_bucket_or_the_folder(bucket, folder):
    assert bucket.uri("reports/a.html") == "s3://reports/reports/a.html"
    assert folder.uri("reports/a.html").startswith("file:///")


def test_the_first_report_has_no_previous_report(objects):
    assert archive(objects).previous(ACCOUNT) is None


def test_a_run_compares_with_the_run_before_it_and_not_with_its_own_attempts(objects):
    first = report()
    archive(objects, "monday").publish(first)
    later = report(made_at=first.made_at + timedelta(days=1))
    assert archive(objects, "tuesday").previous(ACCOUNT).made_at.isoformat() == "2026-11-23T12:00:00+00:00"
    archive(objects, "tuesday").publish(later)
    assert archive(objects, "tuesday", attempt=2).previous(ACCOUNT).made_at.isoformat() == "2026-11-23T12:00:00+00:00"
    assert archive(objects, "wednesday").previous(ACCOUNT).made_at.isoformat() == "2026-11-24T12:00:00+00:00"


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
    assert archive(bucket, "tuesday").previous(ACCOUNT) is None


LATEST = "reports/latest.json"
FINDINGS = "reports/monday/attempt-1/findings.json"


def changed(**members):
    return json.dumps({**findings_json.document(report()), **members}).encode()


@pytest.mark.parametrize(
    ("key", "body", "reason"),
    [
        (LATEST, b"", "latest.json cannot be read"),
        (LATEST, b"[" * 100_000, "latest.json cannot be read"),
        (LATEST, b'{"runs": [{"session": "monday"}]}', "runs.0.session_id: Field required"),
        (LATEST, b'{"version": 2, "runs": []}', "version: Input should be 1"),
        (
            LATEST,
            b'{"runs": [{"session_id": "monday", "findings": "conversations/monday/session.json"}]}',
            "which is no key of a report",
        ),
        (FINDINGS, b"\xff\x00", "findings.json cannot be read"),
        (FINDINGS, b"[]", "findings.json cannot be read"),
        (FINDINGS, changed(schema_version=1), "schema version is 1, and only 2 and 3 are understood"),
        (FINDINGS, changed(schema_version=4), "schema version is 4, and only 2 and 3 are understood"),
        (FINDINGS, changed(made_at="yesterday"), "made_at"),
        (FINDINGS, changed(findings=[{"id": 7}]), "findings.0.id"),
        (FINDINGS, changed(account="999999999999"), "it is about account 999999999999"),
    ],
)
def test_an_unreadable_predecessor_is_a_gap_and_the_next_report_can_be_compared_again(folder, key, body, reason):
    archive(folder, "monday").publish(report())
    folder.put(key, body, "application/json")
    with pytest.raises(UnreadableReportError, match=re.escape(reason)):
        archive(folder, "tuesday").previous(ACCOUNT)
    archive(folder, "tuesday").publish(report())
    assert archive(folder, "wednesday").previous(ACCOUNT).findings


def test_a_report_of_the_schema_before_can_be_compared(folder):
    archive(folder, "monday").publish(report())
    earlier = json.loads(folder.get(FINDINGS))
    for finding in earlier["findings"]:
        finding["standing"] = finding.pop("category")
        del finding["owner"], finding["effort"], finding["console"], finding["monthly_saving_usd_range"]
    folder.put(FINDINGS, json.dumps({**earlier, "schema_version": 2}).encode(), "application/json")
    previous = archive(folder, "tuesday").previous(ACCOUNT)
    assert [finding.id for finding in previous.findings] == [one.identifier for one in report().assessment.findings]


def test_a_predecessor_that_cannot_be_decrypted_is_unreadable(bucket):
    archive(bucket, "monday").publish(report())
    with Stubber(bucket.client) as answers:
        answers.add_client_error("get_object", "AccessDenied")
        with pytest.raises(UnreadableReportError, match="AccessDenied"):
            archive(bucket, "tuesday").previous(ACCOUNT)


def test_a_report_about_no_function_can_be_compared_with_any_account(folder):
    archive(folder, "monday").publish(report())
    assert archive(folder, "tuesday").previous("") is not None


@pytest.mark.parametrize(
    "body",
    [b"", b"no gzip", gzip.compress(b"{}", mtime=0), gzip.compress(b"x" * 1_000, mtime=0)[:30]],
    ids=["empty", "no-gzip", "another-form", "cut-off"],
)
def test_facts_that_an_earlier_version_has_saved_in_another_form_are_read_again(folder, body):
    folder.put("reports/session/facts.json.gz", body, "application/gzip")
    assert archive(folder, attempt=2).load() is None


def test_facts_of_another_version_are_read_again_because_they_may_lack_attributes(folder):
    archive(folder).save(SavedFacts(version=VERSION, facts=report().assessment.facts))
    saved = json.loads(gzip.decompress(folder.get("reports/session/facts.json.gz")))
    for change in ({**saved, "version": VERSION - 1}, {key: saved[key] for key in saved if key != "version"}):
        folder.put("reports/session/facts.json.gz", gzip.compress(json.dumps(change).encode()), "application/gzip")
        assert archive(folder, attempt=2).load() is None
