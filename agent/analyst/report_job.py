"""One run's job: assess the account, publish the report."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from agent.analyst.account.collector import Collector
from agent.analyst.analysis import estate
from agent.analyst.analysis.estate import Assessment, Gap
from agent.analyst.report import changes
from agent.analyst.report.archive import Archive, Published
from agent.analyst.report.document import Changes, Narrative, Report
from agent.analyst.report.predecessor import UnreadableReportError


@dataclass(frozen=True, kw_only=True)
class ReportJob:
    """What one attempt of a run needs to make its report.

    Attributes:
        collector: Reads the account.
        archive: Saves the report.
        session_id: The run's id.
        attempt: The attempt's number, from 1.
        prompt: The request that the run answers.
        prompt_version: The version of the system prompt.
        author: The model's id.
        clock: Returns the time in UTC.
    """

    collector: Collector
    archive: Archive
    session_id: str
    attempt: int
    prompt: str
    prompt_version: str
    author: str
    clock: Callable[[], datetime]

    def assess(self) -> Assessment:
        """Read what has not been read yet and apply all rules."""
        return estate.assess(self.collector.read_memory())

    def publish(self, assessment: Assessment, narrative: Narrative) -> Published:
        """Save the report of an assessment, with its changes since the last report."""
        found, assessment = self._changes(assessment)
        return self.archive.publish(
            Report(
                session_id=self.session_id,
                attempt=self.attempt,
                made_at=self.clock(),
                prompt=self.prompt,
                prompt_version=self.prompt_version,
                assessment=assessment,
                narrative=narrative,
                changes=found,
            )
        )

    def _changes(self, assessment: Assessment) -> tuple[Changes | None, Assessment]:
        """Compare with the report before. If that cannot be read, return None and the assessment with one more gap."""
        facts = assessment.facts
        try:
            previous = self.archive.previous(facts.account)
        except UnreadableReportError as error:
            gap = Gap(
                source="report of the run before",
                region="all",
                reason=str(error),
                effect="The changes since that report are missing. The next report is compared with this one.",
                functions=0,
            )
            return None, replace(assessment, facts=replace(facts, gaps=(*facts.gaps, gap)))
        return (None if previous is None else changes.since(previous, assessment)), assessment
