"""Runs of the agent in a separate process, one after another, each with its own credentials."""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass

import boto3

from agent.analyst import environment as analyst_environment
from agent.analyst.analyse import analyse
from agent.harness import environment as harness_environment
from agent.harness.attempt.run import BackgroundRun
from agent.harness.payload import StartPayload
from agent.harness.task import StoppedError, Task

_PROMPT = "Look at everything."


@dataclass(frozen=True, kw_only=True)
class Order:
    """A run to carry out.

    Attributes:
        session_id: The run, which is pending in the journal.
        attempt: The attempt. The second one continues the conversation of an interrupted first one.
        declared: The environment that the agent runtime declares.
        credentials: Variables with the credentials of the attempt.
        credentials_before: Variables with the credentials of the interrupted attempt.
    """

    session_id: str
    attempt: int
    declared: Mapping[str, str]
    credentials: Mapping[str, str]
    credentials_before: Mapping[str, str]


def warm_up() -> None:
    """Do nothing. A process that calls this imports the whole agent."""


def run(order: Order) -> list[str]:
    """Carry out an attempt, as the agent's server does; return its log lines from level WARNING."""
    settings, own = harness_environment.read_with(order.declared, analyst_environment.read)
    if order.attempt > 1:
        os.environ.update(order.credentials_before)
        _interrupt(order, settings)
    os.environ.update(order.credentials)
    payload = StartPayload(
        session_id=order.session_id, attempt=order.attempt, prompt=_PROMPT, deadline_at=time.time() + 600
    )
    attempt = BackgroundRun(
        payload,
        work=lambda task: analyse(task, settings=own),
        settings=settings,
        dynamodb=lambda: boto3.Session().client("dynamodb"),
        ended=lambda: None,
    )
    log = _Lines()
    logging.getLogger().addHandler(log)
    try:
        attempt.execute()
    finally:
        logging.getLogger().removeHandler(log)
    return log.lines


def _interrupt(order: Order, settings: harness_environment.HarnessSettings) -> None:
    """Save a conversation and half of the facts, like an agent that was stopped."""
    stop = threading.Event()

    def stop_at_the_logs(line: str) -> None:
        if line == "Reading log groups":
            stop.set()

    task = Task(
        session_id=order.session_id,
        attempt=order.attempt - 1,
        prompt=_PROMPT,
        cancel_signal=stop,
        report_progress=stop_at_the_logs,
        record_start=print,
        hooks=[],
        settings=settings,
    )
    try:
        analyse(task)
    except StoppedError:
        return
    raise AssertionError("The attempt was not interrupted: it ended")


class _Lines(logging.Handler):
    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(self.format(record))
