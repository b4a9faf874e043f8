"""The tools that the model may call. What identifies the run, and the time, are given here and never by the model."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from strands import ToolContext, tool
from strands.types.tools import AgentTool

from agent.analyst.account.collector import Collector
from agent.analyst.analysis import estate
from agent.analyst.analysis.estate import Assessment
from agent.analyst.narrative import narrative
from agent.analyst.narrative.narrative import UntrueNarrativeError
from agent.analyst.report import changes
from agent.analyst.report.archive import Archive, Published
from agent.analyst.report.document import Narrative, Report
from agent.analyst.tools import summaries

# Where the saved report is noted in the agent's state, which the session manager keeps with the conversation.
REPORT_STATE = "report"
# And how often words were refused, and which functions were looked at closely.
_REFUSALS_STATE = "refusals"
_INSPECTED_STATE = "inspected"

# How often the model looks closely is bounded by the turns that a run may take (maxTurns), and its tokens.
MOST_INSPECTED = 10
MOST_REFUSALS = 3
_MOST_CHARACTERS = 6_000


@dataclass(frozen=True, kw_only=True)
class Desk:
    """What the tools work on.

    Attributes:
        collector: Collects the facts.
        archive: Takes the report.
        session_id: The run.
        attempt: Which of its attempts.
        prompt: What was asked.
        prompt_version: Of the system prompt.
        author: The model's id.
        clock: Tells the time, in UTC.
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
        """Put the rules to everything that can be read."""
        return estate.assess(self.collector.read_memory())

    def publish(self, assessment: Assessment, words: Narrative) -> Published:
        """Save the report that an assessment and its narrative make."""
        previous = self.archive.previous()
        return self.archive.publish(
            Report(
                session_id=self.session_id,
                attempt=self.attempt,
                made_at=self.clock(),
                prompt=self.prompt,
                prompt_version=self.prompt_version,
                assessment=assessment,
                narrative=words,
                changes=None if previous is None else changes.since(previous, assessment),
            )
        )


def build(desk: Desk) -> list[AgentTool]:
    """The tools, bound to one run."""

    @tool
    def list_functions() -> str:
        """List the Lambda functions of the account: how many, where, on which runtimes and processors.

        Call this first. Returns counts and the functions with the most memory, not every function.
        """
        return _answer(summaries.functions(desk.collector.list_functions()))

    @tool
    def read_usage() -> str:
        """Read how all functions were used and what they logged, and what that costs in a month at list prices.

        Returns the account's cost and the dearest functions with their invocations, errors and durations.
        """
        return _answer(summaries.usage(estate.assess(desk.collector.read_logs())))

    @tool
    def find_savings() -> str:
        """Put every rule to every function; reads logs and memory use first where that was not done yet.

        Returns the computed savings: in total, by rule, and the largest findings with their ids.
        """
        return _answer(summaries.savings(desk.assess()))

    @tool(context=True)
    def inspect_functions(  # noqa: D417  # the context is not the model's to give
        names: list[str], tool_context: ToolContext
    ) -> str:
        """Look closely at a few functions: configuration, use, evidence and formula of each finding.

        Reads their memory use where that was not done yet, which may add findings: the account's totals in the answer
        replace those that find_savings returned.

        Args:
            names: Names of functions, ten at most.
        """
        wanted = set(names[:MOST_INSPECTED])
        desk.collector.read_memory(wanted)
        assessment = desk.assess()
        found = [function for function in assessment.functions if function.profile.name in wanted]
        missing = sorted(wanted - {function.profile.name for function in found})
        if missing:
            raise ValueError(f"There is no function {', '.join(missing)}: use names that other tools returned")
        state = tool_context.agent.state
        state.set(_INSPECTED_STATE, sorted(wanted.union(state.get(_INSPECTED_STATE) or ())))
        return _answer(summaries.inspection(found, assessment))

    @tool(context=True)
    def save_report(  # noqa: D417  # the context is not the model's to give
        summary: str, remarks: dict[str, str], tool_context: ToolContext
    ) -> str:
        """Save the report: your words, beside all findings with their figures, which are filled in for you.

        Every number in your words must be one that a tool returned, with the same unit, written the same way or rounded
        to whole dollars or percent, and what is about one function must name it. Otherwise nothing is saved, and the
        answer names each wrong figure with its sentence: correct them all and call again. The third time, the report is
        saved with a computed summary instead of your words.

        Args:
            summary: The executive summary for somebody who decides: what is spent, what to do first and why, what is
                uncertain. Two to four short paragraphs of plain text.
            remarks: For findings that deserve it, one or two sentences by finding id: why it matters, what to watch.
        """
        assessment = desk.assess()
        words = Narrative(
            summary=summary.strip()[:_MOST_CHARACTERS],
            remarks={identifier: remark.strip() for identifier, remark in remarks.items()},
            author=desk.author,
        )
        state = tool_context.agent.state
        answer = {}
        try:
            told = summaries.told(assessment, state.get(_INSPECTED_STATE) or ())
            narrative.check(words, assessment, told)
        except UntrueNarrativeError:
            refusals = (state.get(_REFUSALS_STATE) or 0) + 1
            state.set(_REFUSALS_STATE, refusals)
            if refusals < MOST_REFUSALS:
                raise
            words = narrative.computed(assessment)
            answer = {"summary": "computed: your words were refused too often, and are not in the report"}
        published = desk.publish(assessment, words)
        state.set(REPORT_STATE, published.note())
        return _answer({"saved": published.uri, **answer})

    return [list_functions, read_usage, find_savings, inspect_functions, save_report]


def _answer(document: dict[str, Any]) -> str:
    return json.dumps(document, ensure_ascii=False)
