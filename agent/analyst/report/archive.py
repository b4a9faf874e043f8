"""Saves a run's report and facts, and loads the report before it."""

from __future__ import annotations

import dataclasses
import gzip
import hashlib
import json
from dataclasses import dataclass
from typing import Any

from pydantic import TypeAdapter

from agent.analyst.account.saved_facts import SavedFacts
from agent.analyst.report import findings_json, markdown
from agent.analyst.report.document import Report
from agent.analyst.report.html import page
from agent.analyst.report.objects import Objects

_LATEST_KEY = "reports/latest.json"
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
        self._run = f"reports/{session_id}"
        self._attempt = f"{self._run}/attempt-{attempt}"

    def load(self) -> SavedFacts | None:
        """Return the facts that an attempt of this run has saved; None if there are none."""
        saved = self._objects.get(f"{self._run}/facts.json.gz")
        return None if saved is None else _FACTS.validate_json(gzip.decompress(saved))

    def save(self, saved: SavedFacts) -> None:
        """Save facts for a later attempt of this run."""
        body = gzip.compress(_FACTS.dump_json(saved), mtime=0)
        self._objects.put(f"{self._run}/facts.json.gz", body, "application/gzip")

    def previous(self) -> dict[str, Any] | None:
        """Return the findings.json of the last report of another run; None if there is none."""
        others = [run for run in self._runs() if run["session_id"] != self._session_id]
        found = self._objects.get(others[-1]["findings"]) if others else None
        return None if found is None else json.loads(found)

    def publish(self, report: Report) -> Published:
        """Save a report as JSON, Markdown and HTML, and make it the latest report."""
        self._put("findings.json", findings_json.render(report), "application/json")
        self._put("report.md", markdown.render(report), "text/markdown; charset=utf-8")
        html = page.render(report)
        key = self._put("report.html", html, "text/html; charset=utf-8")
        self._make_latest()
        return Published(
            uri=self._objects.uri(key),
            sha256=hashlib.sha256(html.encode()).hexdigest(),
            summary=report.narrative.summary,
            changed=report.changes is None or bool(report.changes),
        )

    def _put(self, name: str, text: str, content_type: str) -> str:
        key = f"{self._attempt}/{name}"
        self._objects.put(key, text.encode(), content_type)
        return key

    def _make_latest(self) -> None:
        # Keep the run before this one, so that a later attempt of this run compares with it and not with itself.
        others = [run for run in self._runs() if run["session_id"] != self._session_id]
        runs = [*others[-1:], {"session_id": self._session_id, "findings": f"{self._attempt}/findings.json"}]
        self._objects.put(_LATEST_KEY, json.dumps({"runs": runs}).encode(), "application/json")

    def _runs(self) -> list[dict[str, str]]:
        latest = self._objects.get(_LATEST_KEY)
        runs: list[dict[str, str]] = json.loads(latest)["runs"] if latest else []
        return runs
