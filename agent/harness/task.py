"""The interface between the harness and an agent: the task that the work gets, and the outcome that it returns."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from agent.harness.environment import HarnessSettings

if TYPE_CHECKING:
    from strands.hooks import HookProvider


@dataclass(frozen=True, kw_only=True)
class Task:
    """The work of one attempt.

    Attributes:
        session_id: The AgentCore session, which is also the run's key in the journal.
        attempt: The fencing token, 1 for the first attempt.
        prompt: The request to the agent.
        cancel_signal: Set when the work must stop soon, for any reason.
        report_progress: Takes one short line, which the next heartbeat writes. Never blocks.
        record_start: Takes one line that states where the attempt starts from, and journals it as a step.
        count_metrics: Takes how many metrics a tool asks CloudWatch for, which is never free: the run's cost has them.
        count_cost_queries: Takes how many requests a tool makes to Cost Explorer, which are never free either.
        hooks: Strands hooks that the agent must use, in this order: the retry of model calls and the step recorder.
        settings: The harness's settings.
    """

    session_id: str
    attempt: int
    prompt: str
    cancel_signal: threading.Event
    report_progress: Callable[[str], None]
    record_start: Callable[[str], None]
    hooks: list[HookProvider]
    settings: HarnessSettings
    count_metrics: Callable[[int], None] = lambda _: None
    count_cost_queries: Callable[[int], None] = lambda _: None


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """The result of finished work. Work that stops because of its cancel signal raises `StoppedError` instead.

    Attributes:
        report_uri: `s3://bucket/key` of the report.
        report_sha256: Hex digest of the object's bytes.
        summary: A few sentences, at most 2,000 characters.
        usage: Counts, such as `turns` and `tool_calls`. The harness adds the tokens that its hooks have counted.
        changed: Whether the report differs from the previous one; true for a first report.
    """

    report_uri: str
    report_sha256: str
    summary: str
    usage: Mapping[str, int] = field(default_factory=dict)
    changed: bool = True


class StoppedError(Exception):
    """The work stopped because of its cancel signal, without an outcome."""


class ModelUnavailableError(Exception):
    """The model is unavailable for now. The run is handed back, and the next attempt continues the conversation."""


Work = Callable[[Task], Outcome]
