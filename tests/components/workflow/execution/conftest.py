"""One emulated account for all tests of this folder. Each run has its own session id."""

import uuid

import pytest

from agent.harness import schema
from local.emulator.emulator import Emulator
from tests.components.workflow.execution.stage import BUDGETS, Stage


@pytest.fixture(scope="session")
def stage(tmp_path_factory):
    with Emulator(tmp_path_factory.mktemp("emulator"), wait_scale=0.1) as emulator:
        yield Stage(emulator.account)


@pytest.fixture
def limited(stage):
    """Return a function that makes a workflow in which two runs may be live."""
    stage.dynamodb.delete_item(TableName=stage.table, Key=schema.LIVE_RUNS_KEY)

    def machine(excess_runs, *, deadline=BUDGETS.workflow_deadline_seconds):
        definition = stage.definition(deadline, max_live_runs=2, excess_runs=excess_runs)
        return stage.machine(f"limited-{uuid.uuid4()}", definition)

    return machine
