"""Saves a run's report and facts, and loads the report before it."""

from __future__ import annotations

import dataclasses
import gzip
import hashlib
import json
import logging
import zlib
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from pydantic import TypeAdapter, ValidationError

from agent.analyst.account.saved_facts import SavedFacts
from agent.analyst.report import findings_csv, findings_json, predecessor
from agent.analyst.report.document import Report
from agent.analyst.report.objects import Objects
from agent.analyst.report.pages import html, markdown
from agent.analyst.report.predecessor import LatestRun, Predecessor, UnreadableReportError
from agent.harness.schema import REPORTS_PREFIX

logger = logging.getLogger(__name__)

_LATEST_KEY = f"{REPORTS_PREFIX}latest.json"
_FACTS = TypeAdapter(SavedFacts)


@dataclass(frozen=True, kw_only=True)
class Published:
    """A report that has been saved.

    Attributes:
        uri: The URI of the HTML page.
        sha256: Hex digest of the page's bytes.
        summary: The executive summary.
        changed: Whether the findings differ from the report before, or there is none.
    """

    uri: str
    sha256: str
    summary: str
    changed: bool

    def as_state(self) -> dict[str, Any]:
        """Return the attributes as JSON values, for the agent's state."""
        return dataclasses.asdict(self)


class Archive:
    """Saves what a run produces, below `reports/<session id>/`.

    Args:
        objects: The bucket or folder.
        session_id: The run's id.
        attempt: The attempt's number, from 1.
    """

    def __init__(self, objects: Objects, *, session_id: str, attempt: int) -> None:
        self._objects = objects
        self._session_id = session_id
        self._run = f"{REPORTS_PREFIX}{session_id}"
        self._attempt = f"{self._run}/attempt-{attempt}"

    def load(self) -> SavedFacts | None:
        """Return the facts that an attempt of this run has saved; None if there are none that can be read.

        An earlier attempt may have had another version of this code.
        """
        saved = self._objects.get(f"{self._run}/facts.json.gz")
        try:
            return None if saved is None else _FACTS.validate_json(gzip.decompress(saved))
        except (OSError, EOFError, zlib.error, ValidationError) as error:
            logger.warning("The facts of an earlier attempt cannot be read; reading the account again: %s", error)
            return None

    def save(self, saved: SavedFacts) -> None:
        """Save facts for a later attempt of this run."""
        body = gzip.compress(_FACTS.dump_json(saved), mtime=0)
        self._objects.put(f"{self._run}/facts.json.gz", body, "application/gzip")

    def previous(self, account: str) -> Predecessor | None:
        """Return the last report of another run; None if there is none.

        Args:
            account: The account's id; empty if it is not known.

        Raises:
            UnreadableReportError: There is one, but it cannot be read, or it is about another account.
        """
        others = self._other_runs()
        found = self._read_foreign(others[-1].findings) if others else None
        return None if found is None else predecessor.parse(found, account)

    def publish(self, report: Report) -> Published:
        """Save a report as JSON, CSV, Markdown and HTML, and make it the latest report."""
        self._put("findings.json", findings_json.render(report), "application/json")
        self._put("findings.csv", findings_csv.render(report), "text/csv; charset=utf-8; header=present")
        self._put("report.md", markdown.render(report), "text/markdown; charset=utf-8")
        page = html.render(report)
        key = self._put("report.html", page, "text/html; charset=utf-8")
        self._make_latest()
        return Published(
            uri=self._objects.uri(key),
            sha256=hashlib.sha256(page.encode()).hexdigest(),
            summary=report.narrative.summary,
            changed=report.changes is None or bool(report.changes),
        )

    def _put(self, name: str, text: str, content_type: str) -> str:
        key = f"{self._attempt}/{name}"
        self._objects.put(key, text.encode(), content_type)
        return key

    def _make_latest(self) -> None:
        # Keep the run before this one, so that a later attempt of this run compares with it and not with itself.
        try:
            others = self._other_runs()[-1:]
        except UnreadableReportError as error:
            logger.warning("The list of the latest reports starts again: %s", error)
            others = []
        runs = [*others, LatestRun(session_id=self._session_id, findings=f"{self._attempt}/findings.json")]
        document = {"version": 1, "runs": [dataclasses.asdict(run) for run in runs]}
        self._objects.put(_LATEST_KEY, json.dumps(document).encode(), "application/json")

    def _other_runs(self) -> list[LatestRun]:
        latest = self._read_foreign(_LATEST_KEY)
        runs = predecessor.latest_runs(latest) if latest is not None else ()
        return [run for run in runs if run.session_id != self._session_id]

    def _read_foreign(self, key: str) -> bytes | None:
        """Read what another run has saved; None if it has expired."""
        try:
            return self._objects.get(key)
        except (BotoCoreError, ClientError, OSError) as error:
            raise UnreadableReportError(f"{key} cannot be read ({error})") from error
