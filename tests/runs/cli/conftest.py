"""Commands, run in this process against an account in moto, with typer's runner."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest
from typer.testing import CliRunner

from runs.cli import context
from runs.cli.main import app
from runs.place.place import Place
from tests.runs.accounts import NOW, OUTPUTS

FAILED = "c1c55e3d-8a70-4c0e-9d7a-2f1f2ad0a5a1"
DONE = "5f02c1aa-1111-4222-8333-444455556666"
COST = {
    "usd": Decimal("0.207"),
    "model_usd": Decimal("0.15"),
    "runtime_usd": Decimal("0.004"),
    "rest_usd": Decimal("0.053"),
    "models": {"eu.anthropic.claude-haiku-4-5-20251001-v1:0": Decimal("0.15")},
    "unpriced_models": ["my-model"],
    "prices_as_of": "2026-11-28",
}
BUSY = "8d76db61-1111-4222-8333-444455556666"


@pytest.fixture
def outputs(tmp_path):
    """Return a file with the outputs of the stack."""
    path = tmp_path / "dev.json"
    path.write_text(json.dumps({"agents": {"analyst": OUTPUTS}}))
    return path


@pytest.fixture
def run(account, outputs, monkeypatch):
    """Return a function that runs a command, and returns its exit status, its output and its errors."""
    monkeypatch.setattr(context, "now", lambda: NOW)
    # Answers that a test gives belong to the account's clients: let the command use them.
    monkeypatch.setattr(Place, "client", lambda _, service, client=account.place.client: client(service))

    def run(*arguments, columns=80, **variables):
        environment = {
            "RUNS_OUTPUTS": str(outputs),
            "COLUMNS": columns and str(columns),
            "PULUMI_STACK": None,
            "TZ": "UTC",
        }
        found = CliRunner().invoke(app, list(arguments), env=environment | variables, prog_name="runs")
        assert found.exception is None or isinstance(found.exception, SystemExit), found.exception
        return found.exit_code, found.stdout, found.stderr

    return run


@pytest.fixture
def runs(account, run):
    """Return the function that runs a command, in an account with three runs."""
    account.add_run(
        BUSY,
        minutes_ago=2,
        status="BUSY",
        progress="Reading the usage of 420 functions",
        deadline_at=NOW.timestamp() + 3480,
        lease_expires_at=NOW.timestamp() + 100,
    )
    account.add_run(
        DONE,
        minutes_ago=7 * 24 * 60,
        finished_at=NOW.timestamp() - 7 * 86_400 + 161,
        summary="16 functions cost $738.72 a month. $452.13 of it can be saved by nine changes.",
        usage={"input_tokens": 50_000, "output_tokens": 11_800},
        cost=COST,
    )
    account.add_run(
        FAILED,
        minutes_ago=9 * 24 * 60,
        finished_at=NOW.timestamp() - 9 * 86_400 + 184,
        deadline_at=NOW.timestamp() - 9 * 86_400 + 3600,
        status="FAILED",
        attempt=3,
        requested_by="ana@example.com",
        prompt="Which functions can be deleted?",
        execution_arn=OUTPUTS["state_machine_arn"].replace("stateMachine", "execution") + f":{FAILED}",
        error_type="AgentLost",
        error_message="The agent stopped responding in every attempt (3): its lease ended without a heartbeat.",
    )
    end = NOW.timestamp() - 9 * 86_400
    account.add_step(FAILED, 1, 1, step="START", name="Starting from the beginning", finished_at=end + 4)
    account.add_step(
        FAILED,
        1,
        2,
        step="MODEL",
        name="eu.anthropic.claude-haiku-4-5-20251001-v1:0",
        input_tokens=18_204,
        output_tokens=1_204,
        finished_at=end + 20,
    )
    conversation = "Continuing a conversation of 2 messages"
    account.add_step(FAILED, 2, 1, step="START", name=conversation, finished_at=end + 95)
    account.add_step(
        FAILED, 2, 2, step="TOOL", name="read_usage", status="error", error_message="denied", finished_at=end + 96
    )
    return run
