"""Attempts that run in threads of the test's process."""

import dataclasses
import threading
import time

import pytest

# Not during the first run, whose lease is shorter than these imports.
import agent.harness.hooks
import agent.harness.model_calls.retry  # noqa: F401
from agent.harness.attempt.run import BackgroundRun
from agent.harness.payload import StartPayload
from tests.agent.settings import SETTINGS
from tests.journal_table import SESSION

PATIENCE_SECONDS = 60


class Runner:
    """Runs attempts in separate threads, and waits for them at the end."""

    def __init__(self, table):
        self.table = table
        self.ended = 0
        self.threads = []

    def start(self, work, *, attempt=1, client=None, deadline_in=3600, **settings):
        def ended():
            self.ended += 1

        run = BackgroundRun(
            StartPayload(session_id=SESSION, attempt=attempt, prompt="look", deadline_at=time.time() + deadline_in),
            work=work,
            settings=dataclasses.replace(SETTINGS, journal_table=self.table.name, **settings),
            dynamodb=client if callable(client) else lambda: client or self.table.client,
            ended=ended,
        )
        thread = threading.Thread(target=run.execute)
        thread.start()
        self.threads.append(thread)
        return run

    def join(self):
        for thread in self.threads:
            thread.join(PATIENCE_SECONDS)
            assert not thread.is_alive()

    def carry_out(self, work, **arguments):
        self.start(work, **arguments)
        self.join()
        return self.table.run()


@pytest.fixture
def runner(table):
    table.claim()
    runner = Runner(table)
    yield runner
    runner.join()


def wait_until(condition):
    until = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        assert time.monotonic() < until, "the condition was not met in time"
        time.sleep(0.005)
