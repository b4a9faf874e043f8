"""The tools that the model may call. The run's identity and the time come from the job, never from the model."""

from __future__ import annotations

import json
from typing import Any

from strands import ToolContext, tool
from strands.types.tools import AgentTool

from agent.analyst.analysis import estate
from agent.analyst.narrative import narrative
from agent.analyst.narrative.computed import computed
from agent.analyst.narrative.narrative import UntrueNarrativeError
from agent.analyst.report.document import Narrative
from agent.analyst.report_job import ReportJob
from agent.analyst.tools import summaries

# Keys of the agent's state, which the session manager saves with the conversation: the saved report and the number of
# refused narratives.
REPORT_STATE = "report"
_REFUSALS_STATE = "refusals"

# Limit of one call. The number of calls is limited by the run's turns (maxTurns) and tokens.
MAX_INSPECTED = 10
MAX_REFUSALS = 3
_MAX_CHARACTERS = 6_000


def build(job: ReportJob) -> list[AgentTool]:
    """Build the tools of one run."""
    tools = _Tools(job)
    return [tools.list_functions, tools.read_usage, tools.find_savings, tools.inspect_functions, tools.save_report]


class _Tools:
    """The tools. Strands derives their descriptions for the model when the class is made, not again in each run."""

    def __init__(self, job: ReportJob) -> None:
        self._job = job

    @tool
    def list_functions(self) -> str:
        """List the Lambda functions of the account and count them by region, runtime and processor.

        Call this first. Returns counts and the functions with the most memory, not every function.
        """
        return _answer(summaries.functions(self._job.collector.list_functions()))

    @tool
    def read_usage(self) -> str:
        """Read the usage and logs of all functions, and compute what they cost in a month at list prices.

        Returns the account's cost and the most expensive functions with their invocations, errors and durations.
        """
        return _answer(summaries.usage(estate.assess(self._job.collector.read_logs())))

    @tool
    def find_savings(self) -> str:
        """Apply every rule to every function. Reads logs and memory use first if that has not been done.

        Returns the computed savings: in total, by rule, and the largest findings; then findings that save nothing.
        """
        return _answer(summaries.savings(self._job.assess()))

    @tool
    def inspect_functions(self, names: list[str]) -> str:
        """Return details of a few functions: configuration, usage, and the evidence and formula of each finding.

        Reads their memory use if that has not been done. This may add findings: the account's totals in the result
        replace those that find_savings returned.

        Args:
            names: Names of functions, ten at most.
        """
        wanted = set(names[:MAX_INSPECTED])
        self._job.collector.read_memory({name.rpartition("/")[2] for name in wanted})
        assessment = self._job.assess()
        found = [one for one in assessment.functions if wanted & {one.profile.name, one.profile.key}]
        missing = sorted(wanted.difference(*({one.profile.name, one.profile.key} for one in found)))
        if missing:
            raise ValueError(f"There is no function {', '.join(missing)}: use names that other tools returned")
        return _answer(summaries.inspection(found, assessment))

    @tool(context=True)
    def save_report(  # noqa: D417  # the model does not pass the context
        self, summary: str, remarks: dict[str, str], tool_context: ToolContext
    ) -> str:
        """Save the report: your text, together with all findings and their figures, which are added for you.

        Name each figure by its key in braces, `{account.saving}`: its value and unit are filled in. Write no other
        number. The clause must say what the figure is and name its function. Otherwise nothing is saved, and the error
        lists each problem with its sentence: correct them all and call again. The third time, the report is saved with
        a computed summary instead of your text.

        Args:
            summary: The executive summary for a person who decides: what is spent, what to do first and why, what is
                uncertain. Two to four short paragraphs of plain text.
            remarks: For findings that deserve it, one or two sentences by finding, as in `checkout.memory-excess`: why
                it matters, what to watch.
        """
        assessment = self._job.assess()
        text = Narrative(summary=summary[:_MAX_CHARACTERS], remarks=remarks, author=self._job.author)
        state = tool_context.agent.state
        answer = {}
        try:
            text = narrative.filled(text, assessment, summaries.figures(assessment), summaries.finding_ids(assessment))
        except UntrueNarrativeError:
            refusals = (state.get(_REFUSALS_STATE) or 0) + 1
            state.set(_REFUSALS_STATE, refusals)
            if refusals < MAX_REFUSALS:
                raise
            text = computed(assessment)
            answer = {"summary": "computed: your text was refused too often and is not in the report"}
        published = self._job.publish(assessment, text)
        state.set(REPORT_STATE, published.as_state())
        return _answer({"saved": published.uri, **answer})


def _answer(document: dict[str, Any]) -> str:
    return json.dumps(document, ensure_ascii=False)
