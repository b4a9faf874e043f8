# ruff: noqa: RUF001  # tables have en dashes
"""`runs stats` and `runs doctor`."""

from __future__ import annotations

import json

from botocore.exceptions import ClientError

from tests.runs.accounts import ACCOUNT, answer

STATS = """\
STATUS          RUNS   SHARE     P50     P90     P99 LONGEST    COST
● running          1    33 %       –       –       –       –       –
✓ completed        1    33 %    2:41    2:41    2:41    2:41   $0.21
✗ failed           1    33 %    3:04    3:04    3:04    3:04       –

errors        AgentLost 1
tokens        in 50.0k · cache read 0 · cache write 0 · out 11.8k
cost          $0.21, an estimate at list prices
                 $0.15  eu.anthropic.claude-haiku-4-5-20251001-v1:0
                <$0.01  AgentCore
                 $0.05  everything else
              on top, at a price that is not known: my-model
              1 ended runs have no cost in the journal
runs a day     █ █      █  at most 1
failed         █           at most 1
tokens a day     █         at most 61.8k
cost a day       █         at most $0.21
"""


def test_statistics_fit_eighty_columns(runs):
    assert runs("stats", "--since", "10d") == (0, STATS, "")


def test_statistics_in_json(runs):
    document = json.loads(runs("stats", "--since", "10d", "--json")[1])
    assert document["by_status"] == {"BUSY": 1, "COMPLETED": 1, "FAILED": 1}
    assert document["seconds"]["COMPLETED"] == {"count": 1, "p50": 161.0, "p90": 161.0, "p99": 161.0, "largest": 161.0}
    assert (len(document["days"]), document["days"][-1]) == (
        11,
        {"day": "2026-11-28", "runs": 1, "failed": 0, "tokens": 0, "usd": 0.0},
    )
    assert document["cost"] == {
        "usd": 0.207,
        "model_usd": 0.15,
        "runtime_usd": 0.004,
        "rest_usd": 0.053,
        "by_status": {"COMPLETED": 0.207},
        "models": {"eu.anthropic.claude-haiku-4-5-20251001-v1:0": 0.15},
        "unpriced_models": ["my-model"],
        "unknown_runs": 1,
    }


def test_statistics_without_runs_name_the_command_that_starts_a_run(run):
    assert run("stats")[1] == "No run in the last 30d: start one with 'runs start', or raise --since\n"


def test_a_wrong_period_is_refused(run):
    status, _, error = run("stats", "--since", "soon")
    assert (status, error) == (2, "runs: --since is 'soon': write a number and m, h, d or w, such as 12h or 7d\n")


def test_the_doctor_prints_remedies_and_its_exit_status_reports_a_failure(account, run):
    answer(account.place, "sts", get_caller_identity={"Account": "999999999999", "Arn": "arn:aws:iam::1:user/ana"})
    assert run("doctor") == (
        1,
        "✗ fail  credentials       arn:aws:iam::1:user/ana, but stack dev is in account\n"
        "                          123456789012\n"
        "        → set AWS_PROFILE to a profile of that account, or name another --stack\n",
        "",
    )
    (check,) = json.loads(run("doctor", "--json")[1])["checks"]
    assert (check["what"], check["level"]) == ("credentials", "fail")


def test_warnings_alone_are_no_failure(account, run):
    refused = ClientError({"Error": {"Code": "AccessDenied", "Message": "no permission"}}, "X")
    answer(account.place, "sts", get_caller_identity={"Account": ACCOUNT, "Arn": "arn:aws:iam::1:user/ana"})
    answer(account.place, "scheduler", get_schedule=refused)
    answer(account.place, "bedrock-agentcore-control", get_agent_runtime=refused)
    answer(account.place, "xray", get_trace_segment_destination=refused)
    status, output, _ = run("doctor", columns=None)
    assert status == 0
    assert [line.split()[1:3] for line in output.splitlines()] == [
        ["ok", "credentials"],
        ["ok", "outputs"],
        ["ok", "runs"],
        ["warn", "schedule"],
        ["warn", "agent"],
        ["ok", "logs"],
        ["warn", "spans"],
    ]
