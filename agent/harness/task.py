"""What a background run hands to the work that it carries, and what it gets back."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from agent.harness.environment import Settings

if TYPE_CHECKING:
    from strands.hooks import HookProvider


@dataclass(frozen=True, kw_only=True)
class Task:
    """One attempt's work.

    Attributes:
        session_id: The AgentCore session, which is also the run's key in the journal.
        attempt: The fencing token: 1 for the first attempt.
        prompt: What is asked of the agent.
        cancel_signal: Set when the work must stop soon, whatever the reason.
        report_progress: Takes one short line; the next heartbeat writes it. Never blocks.
        record_start: Takes one line that says from where the attempt goes on; it is kept in the journal as a step.
        hooks: Strands hooks that the agent must carry (the step recorder).
        settings: What the environment says.
    """

    session_id: str
    attempt: int
    prompt: str
    cancel_signal: threading.Event
    report_progress: Callable[[str], None]
    record_start: Callable[[str], None]
    hooks: list[HookProvider]
    settings: Settings


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What finished work leaves. Work that stops because of its cancel signal raises `StoppedError` instead.

    Attributes:
        report_uri: `s3://bucket/key` of the report.
        report_sha256: Hex digest of the object's bytes.
        summary: A few sentences, 2,000 characters at most.
        usage: Counts, such as `input_tokens`, `output_tokens`, `total_tokens`, `turns` and `tool_calls`.
        stop_reason: Why the agent stopped, in Strands' words (`end_turn`, `cancelled`, `limit_turns`, ...).
        changed: Whether the report says anything that the one before did not; true of a first report.
    """

    report_uri: str
    report_sha256: str
    summary: str
    usage: Mapping[str, int] = field(default_factory=dict)
    stop_reason: str = "end_turn"
    changed: bool = True


class StoppedError(Exception):
    """The work heeded its cancel signal and left no outcome."""


Work = Callable[[Task], Outcome]
