"""Runs the analyst: a Strands agent with the tools, the prompt and the conversation of one run."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from strands import Agent
from strands.models import Model
from strands.telemetry.metrics import EventLoopMetrics

from agent.analyst import prompts
from agent.analyst.account.clients import Clients
from agent.analyst.account.collector import Collector
from agent.analyst.account.reading import Reading
from agent.analyst.analysis.profile import Window
from agent.analyst.dialogue import PROMPT, Dialogue
from agent.analyst.environment import AnalystSettings
from agent.analyst.narrative.computed import computed
from agent.analyst.report.archive import Archive
from agent.analyst.report.objects import BucketObjects, Objects
from agent.analyst.report_job import ReportJob
from agent.analyst.tools.toolbox import REPORT_STATE
from agent.harness import models
from agent.harness.start_up import services
from agent.harness.task import Outcome, StoppedError, Task
from agent.harness.tokens import Tokens

logger = logging.getLogger(__name__)

OBSERVED_DAYS = 14
# The share of the deadline for reading the account; the rest is for the model.
READING_SHARE = 0.5

_LONGEST_SUMMARY = 2_000


def analyse(
    task: Task,
    *,
    settings: AnalystSettings | None = None,
    objects: Objects | None = None,
    clock: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> Outcome:
    """Carry out one attempt: continue the conversation of the attempt before or start one, and save a report.

    Args:
        task: The task of this attempt.
        settings: The analyst's own settings; the defaults if None.
        objects: Where to save the report; the settings' bucket if None. The conversation is saved only in the bucket,
            because only there can a later attempt continue it.
        clock: Returns the time in UTC.

    Raises:
        StoppedError: The cancel signal stopped the work before a report was saved.
        NothingListedError: The functions could not be listed in any region.
    """
    session = services.session()
    clients = Clients(session)
    own = settings or AnalystSettings()
    archive = Archive(
        objects or BucketObjects(clients.get("s3", clients.region), task.settings.report_bucket),
        session_id=task.session_id,
        attempt=task.attempt,
    )
    collector = Collector(
        clients=clients,
        regions=own.regions or (clients.region,),
        window=observed(clock()),
        reading=Reading(
            stop=task.cancel_signal,
            seconds=task.settings.agent_deadline_seconds * READING_SHARE,
            count_metrics=task.count_metrics,
            count_cost_queries=task.count_cost_queries,
            report_progress=task.report_progress,
        ),
        store=archive,
        report_progress=task.report_progress,
        refresh_prices=own.refresh_prices,
        group_by_tag=own.group_by_tag,
    )
    model = models.build(task.settings)
    job = ReportJob(
        collector=collector,
        archive=archive,
        session_id=task.session_id,
        attempt=task.attempt,
        prompt=task.prompt,
        prompt_version=prompts.load(PROMPT).version,
        author=_model_id(model),
        clock=clock,
    )
    dialogue = Dialogue(task, model, job)
    stop_reason = dialogue.hold() if objects else dialogue.hold_saved(session)
    return _outcome(task, dialogue.agent, job, stop_reason)


def observed(now: datetime) -> Window:
    """Return the last `OBSERVED_DAYS` whole days before now, in UTC."""
    midnight = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    return Window(start=midnight - timedelta(days=OBSERVED_DAYS), end=midnight)


def _outcome(task: Task, agent: Agent, job: ReportJob, stop_reason: str) -> Outcome:
    logger.info("The agent stopped: %s", stop_reason)
    note = agent.state.get(REPORT_STATE)
    if not note:
        if task.cancel_signal.is_set():
            raise StoppedError("The run was stopped before its report was saved")
        task.report_progress("Saving a computed report: the model wrote none")
        logger.warning("The model ended without a report; saving one with a computed summary")
        assessment = job.assess()
        published = job.publish(assessment, computed(assessment))
        note = published.as_state()
    return Outcome(
        report_uri=note["uri"],
        report_sha256=note["sha256"],
        summary=note["summary"][:_LONGEST_SUMMARY],
        usage=_usage(agent.event_loop_metrics),
        changed=note["changed"],
    )


def _usage(metrics: EventLoopMetrics) -> dict[str, int]:
    tokens = Tokens.reported(metrics.accumulated_usage)
    return {
        **tokens.counts(),
        "total_tokens": tokens.total,
        "turns": metrics.cycle_count,
        "tool_calls": sum(tool.call_count for tool in metrics.tool_metrics.values()),
    }


def _model_id(model: Model) -> str:
    return str(model.get_config().get("model_id", type(model).__name__))
