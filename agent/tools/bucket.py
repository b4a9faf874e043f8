"""The report bucket: reports, the facts they rest on, and which report was the last."""

from __future__ import annotations

import gzip
import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pydantic import TypeAdapter

from agent.report import findings_json, html_page, markdown
from agent.report.document import Report
from agent.tools.collector import SavedFacts

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_LATEST_KEY = "reports/latest.json"
_FACTS = TypeAdapter(SavedFacts)


@dataclass(frozen=True, kw_only=True)
class Published:
    """A report that has been saved.

    Attributes:
        uri: `s3://bucket/key` of the HTML page.
        sha256: Hex digest of the page's bytes.
        summary: The executive summary.
    """

    uri: str
    sha256: str
    summary: str


class ReportBucket:
    """One run's part of the bucket.

    Args:
        client: An S3 client.
        bucket: The bucket's name.
        session_id: The run.
        attempt: Which of its attempts.
    """

    def __init__(self, client: S3Client, bucket: str, *, session_id: str, attempt: int) -> None:
        self._client = client
        self._bucket = bucket
        self._session_id = session_id
        self._run = f"reports/{session_id}"
        self._attempt = f"{self._run}/attempt-{attempt}"

    def load(self) -> SavedFacts | None:
        """The facts that an attempt of this run has kept; None without any."""
        kept = self._get(f"{self._run}/facts.json.gz")
        return None if kept is None else _FACTS.validate_json(gzip.decompress(kept))

    def save(self, saved: SavedFacts) -> None:
        """Keep facts for a later attempt of this run."""
        body = gzip.compress(_FACTS.dump_json(saved), mtime=0)
        self._put(f"{self._run}/facts.json.gz", body, "application/json", encoding="gzip")

    def previous(self) -> dict[str, Any] | None:
        """The findings.json of the last report that another run has made; None if there is none."""
        latest = self._get(_LATEST_KEY)
        if latest is None:
            return None
        runs = [run for run in json.loads(latest)["runs"] if run["session_id"] != self._session_id]
        found = self._get(runs[-1]["findings"]) if runs else None
        return None if found is None else json.loads(found)

    def publish(self, report: Report) -> Published:
        """Save a report's renderings, the page last, and make it the latest."""
        self._put(f"{self._attempt}/findings.json", findings_json.render(report).encode(), "application/json")
        self._put(f"{self._attempt}/report.md", markdown.render(report).encode(), "text/markdown; charset=utf-8")
        page = html_page.render(report).encode()
        key = f"{self._attempt}/report.html"
        self._put(key, page, "text/html; charset=utf-8")
        self._make_latest()
        return Published(
            uri=f"s3://{self._bucket}/{key}",
            sha256=hashlib.sha256(page).hexdigest(),
            summary=report.narrative.summary,
        )

    def _make_latest(self) -> None:
        latest = self._get(_LATEST_KEY)
        # The run before this one stays, so that a later attempt of this run compares with it and not with itself.
        runs = [run for run in (json.loads(latest)["runs"] if latest else []) if run["session_id"] != self._session_id]
        runs = [*runs[-1:], {"session_id": self._session_id, "findings": f"{self._attempt}/findings.json"}]
        self._put(_LATEST_KEY, json.dumps({"runs": runs}).encode(), "application/json")

    def _get(self, key: str) -> bytes | None:
        try:
            return self._client.get_object(Bucket=self._bucket, Key=key)["Body"].read()
        except self._client.exceptions.NoSuchKey:
            return None

    def _put(self, key: str, body: bytes, content_type: str, *, encoding: str | None = None) -> None:
        extra: Any = {"ContentEncoding": encoding} if encoding else {}
        self._client.put_object(Bucket=self._bucket, Key=key, Body=body, ContentType=content_type, **extra)
