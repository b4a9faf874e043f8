"""Runs of the agent in a process of their own, one after another, each under the credentials that it is given."""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass

import boto3

from agent.analyst import environment as analyst_environment
from agent.analyst.account.reading import StoppedError
from agent.analyst.analyse import analyse
from agent.harness import environment as agent_environment
from agent.harness.run import BackgroundRun, Invocation
from agent.harness.task import Task

_PROMPT = "Look at everything."


@dataclass(frozen=True, kw_only=True)
class Order:
    """What is to be run.

    Attributes:
        session_id: The run, which the journal holds as pending.
        attempt: Which attempt at it; a second one goes on with the conversation of one that was broken off.
        declared: The environment that the agent runtime declares.
        credentials: Variables that give this process the role under which the attempt is made.
        credentials_before: The same, for the attempt that is broken off.
    """

    session_id: str
    attempt: int
    declared: Mapping[str, str]
    credentials: Mapping[str, str]
    credentials_before: Mapping[str, str]


def warm_up() -> None:
    """Nothing: to be asked for it, a process imports this module, and with it the whole agent."""


def run(order: Order) -> list[str]:
    """Make an attempt at a run, as the agent's server does; returns what it has logged as a warning or worse."""
    settings, own = agent_environment.read(order.declared), analyst_environment.read(order.declared)
    if order.attempt > 1:
        os.environ.update(order.credentials_before)
        _break_off(order, settings)
    os.environ.update(order.credentials)
    invocation = Invocation(
        session_id=order.session_id, attempt=order.attempt, prompt=_PROMPT, deadline_at=time.time() + 600
    )
    attempt = BackgroundRun(
        invocation,
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


def _break_off(order: Order, settings: agent_environment.Settings) -> None:
    """Leave a conversation and half of the facts behind, as an agent does that was told to stop."""
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
    raise AssertionError("The attempt was to be broken off, and has come to its end")


class _Lines(logging.Handler):
    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(self.format(record))
