# ruff: noqa: RUF001  # tables have en dashes
"""The commands, run against an account in moto."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from runs.cli import main
from tests.runs.accounts import NOW, OUTPUTS

FAILED = "c1c55e3d-8a70-4c0e-9d7a-2f1f2ad0a5a1"
DONE = "5f02c1aa-1111-4222-8333-444455556666"
BUSY = "8d76db61-1111-4222-8333-444455556666"


@pytest.fixture
def runs(account, tmp_path, monkeypatch):
    """Return a function that runs a command, and returns its exit status and output."""
    outputs = tmp_path / "dev.json"
    outputs.write_text(json.dumps({"agents": {"analyst": OUTPUTS}}))
    monkeypatch.setattr(main, "now", lambda: NOW)
    account.add_run(BUSY, minutes_ago=2, status="BUSY", progress="Reading the usage of 420 functions")
    account.add_run(
        DONE,
        minutes_ago=7 * 24 * 60,
        finished_at=NOW.timestamp() - 7 * 86_400 + 161,
        summary="16 functions cost $738.72 a month. $452.13 of it can be saved by nine changes.",
        usage={"input_tokens": 50_000, "output_tokens": 11_800},
    )
    account.add_run(
        FAILED,
        minutes_ago=9 * 24 * 60,
        finished_at=NOW.timestamp() - 9 * 86_400 + 184,
        status="FAILED",
        attempt=3,
        requested_by="ana@example.com",
        error_type="AgentLost",
        error_message="The agent stopped responding in every attempt (3).",
    )

    def run(*arguments, columns=80):
        environment = {"RUNS_OUTPUTS": str(outputs), "COLUMNS": str(columns), "PULUMI_STACK": None, "TZ": "UTC"}
        found = CliRunner().invoke(main.app, list(arguments), env=environment, prog_name="runs")
        assert found.exception is None or isinstance(found.exception, SystemExit), found.exception
        return found.exit_code, found.output

    return run


def test_runs_are_listed_newest_first_in_eighty_columns(runs):
    assert runs("list") == (
        0,
        """\
STATUS       RUN       ASKED BY     STARTED     DURATION  ATT  TOKENS  SUMMARY
● running    8d76db61  weekly       2 min ago       2:00    1       –  Reading …
✓ completed  5f02c1aa  weekly       7 d ago         2:41    1   61.8k  16 funct…
✗ failed     c1c55e3d  ana@exampl…  9 d ago         3:04    3       –  AgentLos…

3 runs of the last 30d · 1 running · 'runs show c1c55e3d' says why it failed
""",
    )
