# ruff: noqa: RUF001  # addresses are whole, tables have en dashes
# tables have en dashes
"""`runs list` and `runs show`, as people and programs read them."""

from __future__ import annotations

import json

import pytest
from botocore.exceptions import ClientError

from runs.cli.text import headline
from tests.runs.accounts import NOW, answer, history
from tests.runs.cli.conftest import BUSY, DONE, FAILED


def test_runs_are_listed_newest_first_in_eighty_columns(runs):
    assert runs("list") == (
        0,
        """\
STATUS       RUN       ASKED BY     AGE     DURATION  SUMMARY
● running    8d76db61  weekly       2 min       2:00  Reading the usage of 420 …
✓ completed  5f02c1aa  weekly       7 d         2:41  16 functions cost $738.72…
✗ failed     c1c55e3d  ana@exampl…  9 d         3:04  AgentLost: The agent stop…

3 runs of the last 30d · 1 running · 'runs show c1c55e3d' says why it failed
""",
        "",
    )


def test_runs_are_listed_in_a_hundred_and_twenty_columns(runs):
    assert (
        runs("list", columns=120)[1]
        == """\
STATUS       RUN       ASKED BY     AGE     DURATION  ATTEMPT  TOKENS    COST  SUMMARY
● running    8d76db61  weekly       2 min       2:00   1 of 3       –       –  Reading the usage of 420 functions
✓ completed  5f02c1aa  weekly       7 d         2:41   1 of 3   61.8k   $0.21  16 functions cost $738.72 a month. …
✗ failed     c1c55e3d  ana@exampl…  9 d         3:04   3 of 3       –       –  AgentLost: The agent stopped responding …

3 runs of the last 30d · 1 running · 'runs show c1c55e3d' says why it failed
"""
    )


def test_a_file_gets_whole_lines_with_all_columns(runs):
    lines = runs("list", columns=None)[1].splitlines()
    assert lines[2].endswith("  $0.21  16 functions cost $738.72 a month. …")
    assert lines[3].endswith(
        "  AgentLost: The agent stopped responding in every attempt (3): its lease ended without a heartbeat."
    )
    assert lines[0].split() == [
        "STATUS",
        "RUN",
        "ASKED",
        "BY",
        "AGE",
        "DURATION",
        "ATTEMPT",
        "TOKENS",
        "COST",
        "SUMMARY",
    ]


@pytest.mark.parametrize("arguments", [("list", "--json"), ("--json", "list")])
def test_json_is_accepted_before_and_after_the_command(runs, arguments):
    document = json.loads(runs(*arguments)[1])
    assert [run["session_id"] for run in document["runs"]] == [BUSY, DONE, FAILED]
    assert document["has_more"] is False
    assert document["runs"][1] == {
        "session_id": DONE,
        "status": "COMPLETED",
        "attempt": 1,
        "prompt": "Analyse the account.",
        "requested_by": "schedule weekly",
        "requested_at": "2026-11-21T08:00:00.000+00:00",
        "started_at": None,
        "finished_at": "2026-11-21T08:02:41.000+00:00",
        "deadline_at": None,
        "lease_expires_at": None,
        "expected_end_at": None,
        "cancel_requested_at": None,
        "seconds": 161.0,
        "progress": None,
        "summary": "16 functions cost $738.72 a month. $452.13 of it can be saved by nine changes.",
        "report_uri": None,
        "report_sha256": None,
        "changed": None,
        "error_type": None,
        "error_message": None,
        "execution_arn": None,
        "tokens": {
            "input_tokens": 50_000,
            "output_tokens": 11_800,
            "cache_read_tokens": 0,
            "cache_write_tokens": 0,
        },
        "cost": {
            "usd": 0.207,
            "model_usd": 0.15,
            "runtime_usd": 0.004,
            "rest_usd": 0.053,
            "models": {"eu.anthropic.claude-haiku-4-5-20251001-v1:0": 0.15},
            "unpriced_models": ["my-model"],
            "prices_as_of": "2026-11-28",
        },
    }


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (("--status", "failed"), [FAILED]),
        (("--status", "running"), [BUSY]),
        (("--since", "8d"), [BUSY, DONE]),
        (("--schedule", "weekly"), [BUSY, DONE]),
        (("--limit", "1"), [BUSY]),
    ],
)
def test_runs_are_filtered(runs, options, expected):
    document = json.loads(runs("list", *options, "--json")[1])
    assert [run["session_id"] for run in document["runs"]] == expected
    assert document["has_more"] is (options[0] == "--limit")


def test_an_empty_list_names_the_command_that_starts_a_run(run):
    assert run("list")[1].splitlines()[-1] == "No run in the last 30d: start one with 'runs start', or raise --since"
    assert json.loads(run("list", "--json")[1]) == {"runs": [], "has_more": False}


def test_an_empty_list_of_a_filter_names_the_filter(runs):
    last = "No such run in the last 30d: leave out a filter, or raise --since"
    assert runs("list", "--status", "cancelled")[1].splitlines()[-1] == last


def test_a_limited_list_reports_that_there_are_more_runs(runs):
    assert runs("list", "--limit", "1")[1].splitlines()[-1] == "1 run of the last 30d · 1 running · more with --limit"


def test_text_of_an_agent_cannot_control_the_terminal(account, run):
    account.add_run(DONE, summary="fine\x1b[2J\u202egnp.\nsecond line", minutes_ago=1)
    for command in (("list",), ("show", DONE)):
        output = run(*command, columns=200)[1]
        assert "\x1b" not in output
        assert "\u202e" not in output
        assert "fine\\u001b[2J\\u202egnp. second line" in output


def test_the_message_of_an_error_cannot_control_the_terminal(account, run):
    denied = ClientError({"Error": {"Code": "AccessDenied", "Message": "\x1b]0;title\x07\u202e"}}, "Query")
    answer(account.place, "dynamodb", query=denied)
    status, output, errors = run("list", "--json")
    assert (status, output.isascii()) == (5, True)
    assert r"Access denied: \u001b]0;title\u0007\u202e." in errors


def test_a_step_of_an_unknown_kind_is_shown(account, run):
    account.add_run(DONE, minutes_ago=1)
    account.add_step(DONE, 1, 1, step="OTHER", name="something", status="success", seconds=1)
    assert "OTHER something  1.0 s" in run("watch", DONE)[1]


def test_a_failed_run_begins_with_its_error_and_the_remedy(runs):
    assert runs("show", "c1c5") == (
        0,
        """\
✗ failed   c1c55e3d-8a70-4c0e-9d7a-2f1f2ad0a5a1   AgentLost
  The agent stopped responding in every attempt (3): its lease ended without a
  heartbeat.
  What to do: Look at the last step of each attempt and at the agent's logs.
  'runs logs c1c55e3d' shows what happened; 'runs retry c1c55e3d' asks for the
  same work again.

  asked by     ana@example.com, Thu 19 Nov 08:00:00 (9 d ago)
  prompt       Which functions can be deleted?
  took         3:04 of at most 1:00:00
  attempts     1: 08:00:04 – 08:00:20, 1 call, did not finish
               2: 08:01:35 – 08:01:36, 1 call, did not finish, Continuing a
               conversation of 2 messages
               3: no step recorded, 0 calls, did not finish
  steps        1 tool call, 1 model call, 1 failed; the last: read_usage
  tokens       in 18,204 · cache read 0 · cache write 0 · out 1,204
  cost         model $0.03 so far
  logs         'runs logs c1c55e3d'
  execution    https://eu-west-1.console.aws.amazon.com/states/home?region=eu-west-1#/v2/executions/details/arn%3Aaws%3Astates%3Aeu-west-1%3A123456789012%3Aexecution%3Aagent-runs-dev-workflow%3Ac1c55e3d-8a70-4c0e-9d7a-2f1f2ad0a5a1
  trace        https://eu-west-1.console.aws.amazon.com/cloudwatch/home?region=eu-west-1#gen-ai-observability/agent-core/session/c1c55e3d-8a70-4c0e-9d7a-2f1f2ad0a5a1
  agent log    https://eu-west-1.console.aws.amazon.com/cloudwatch/home?region=eu-west-1#logsV2:log-groups/log-group/$252Faws$252Fbedrock-agentcore$252Fruntimes$252Fagent_runs_dev-0123456789-DEFAULT/log-events$3FfilterPattern$3D$2522c1c55e3d-8a70-4c0e-9d7a-2f1f2ad0a5a1$2522
  start log    https://eu-west-1.console.aws.amazon.com/cloudwatch/home?region=eu-west-1#logsV2:log-groups/log-group/$252Faws$252Flambda$252Fagent-runs-dev-start/log-events$3FfilterPattern$3D$2522c1c55e3d-8a70-4c0e-9d7a-2f1f2ad0a5a1$2522
  stop log     https://eu-west-1.console.aws.amazon.com/cloudwatch/home?region=eu-west-1#logsV2:log-groups/log-group/$252Faws$252Flambda$252Fagent-runs-dev-stop/log-events$3FfilterPattern$3D$2522c1c55e3d-8a70-4c0e-9d7a-2f1f2ad0a5a1$2522
""",
        "",
    )


def test_a_running_run_names_the_command_that_follows_it(runs):
    lines = runs("show", "@latest")[1].splitlines()
    assert lines[:3] == [
        f"● running   {BUSY}",
        "  Reading the usage of 420 functions",
        "  'runs watch 8d76db61' follows it; 'runs cancel 8d76db61' ends it.",
    ]


def test_json_of_one_run_has_its_steps(runs):
    document = json.loads(runs("show", FAILED, "--json")[1])
    assert [(step["attempt"], step["kind"], step["name"]) for step in document["steps"]][3] == (2, "TOOL", "read_usage")
    assert document["error_type"] == "AgentLost"
    assert list(document["links"]) == ["execution", "trace", "agent log", "start log", "stop log"]


def test_watching_an_ended_run_prints_its_changes_and_exits_with_its_outcome(runs):
    status, output, _ = runs("watch", FAILED)
    assert status == 1
    assert output.splitlines()[-1].startswith("08:03:04  failed, attempt 3: AgentLost: The agent stopped responding")
    assert runs("watch", DONE)[0] == 0


def test_one_line_has_the_first_sentence_and_show_has_all(account, run):
    summary = "16 functions cost $738.72 a month. " + "Another sentence, e.g. about memory. " * 20
    account.add_run(DONE, minutes_ago=1, finished_at=NOW.timestamp(), summary=summary)
    account.add_step(DONE, 1, 1, step="TOOL", name="read", status="error", seconds=1, error_message="Denied. " * 90)
    first = "16 functions cost $738.72 a month. …"
    assert run("list", columns=None)[1].splitlines()[1].endswith(f"  {first}")
    step, ended = run("watch", DONE, columns=None)[1].splitlines()
    assert step.endswith("  failed: Denied. Denied. …")
    assert ended.endswith(f"completed, attempt 1: {first}")
    assert " ".join(summary.split()) in run("show", DONE, columns=None)[1]
    assert json.loads(run("show", DONE, "--json")[1])["summary"] == summary


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("", ""),
        ("All is well.", "All is well."),
        ("All is\nwell", "All is well"),
        ("1. Reduce the memory of api. 2. Remove cron.", "1. Reduce the memory of api. …"),
        ("Functions, e.g. api, cost $1.50 a month! More", "Functions, e.g. api, cost $1.50 a month! …"),
        ("word " * 30, "word " * 24 + "…"),
        ("x" * 130, "x" * 120 + " …"),
    ],
)
def test_a_headline_is_the_first_sentence_or_what_fits_into_a_line(text, line):
    assert headline(text) == line


def test_a_run_whose_workflow_was_interrupted_names_the_redrive(account, run):
    account.add_run(DONE, minutes_ago=1, finished_at=NOW.timestamp(), summary="Fine.", execution_arn="arn:a")
    failed = {"status": "FAILED", "executionArn": "arn:a", "stateMachineArn": "arn:b", "startDate": NOW}
    answer(account.place, "stepfunctions", describe_execution=failed)
    history(account.place, [(5, "StopSession"), (1, "Announce")])
    lines = run("show", DONE)[1].splitlines()
    assert lines[1:5] == [
        "  Fine.",
        "  The workflow is FAILED at Announce, so nobody watches this run or announces",
        "  its end. What to do: correct the cause, then 'runs redrive 5f02c1aa' continues",
        "  there.",
    ]
    assert "  workflow     FAILED at Announce" in lines
    assert json.loads(run("show", DONE, "--json")[1])["workflow"] == {
        "status": "FAILED",
        "state": "Announce",
        "since": "2026-11-28T07:59:59.000+00:00",
        "is_interrupted": True,
    }


def test_a_run_whose_workflow_was_aborted_before_its_first_state_is_shown_without_a_state(account, run):
    account.add_run(DONE, minutes_ago=1, finished_at=NOW.timestamp(), summary="Fine.", execution_arn="arn:a")
    aborted = {"status": "ABORTED", "executionArn": "arn:a", "stateMachineArn": "arn:b", "startDate": NOW}
    answer(account.place, "stepfunctions", describe_execution=aborted)
    history(account.place, [])
    shown = run("show", DONE)[1]
    assert "The workflow is ABORTED, so" in shown
    assert "  workflow     ABORTED\n" in shown


def test_a_run_is_shown_without_access_to_its_workflow(account, run):
    account.add_run(DONE, minutes_ago=1, finished_at=NOW.timestamp(), summary="Fine.", execution_arn="arn:a")
    denied = ClientError({"Error": {"Code": "AccessDenied", "Message": "no"}}, "DescribeExecution")
    answer(account.place, "stepfunctions", describe_execution=denied)
    status, output, _ = run("show", DONE)
    assert status == 0
    assert "  workflow     Access denied: no." in output
    assert json.loads(run("show", DONE, "--json")[1])["workflow"] is None


def test_a_request_that_was_not_valid_is_not_worth_a_retry(account, run):
    account.add_run(DONE, status="FAILED", finished_at=NOW.timestamp(), error_type="InvalidRequest", error_message="x")
    output = " ".join(run("show", DONE)[1].split())
    assert "What to do: Correct the detail of the event that requested the run. A retry would fail too." in output
    assert "runs retry" not in output


def test_a_cancelled_run_says_who_has_cancelled_it(account, run):
    account.add_run(DONE, status="CANCELLED", finished_at=NOW.timestamp(), cancel_requested_by="runs: ops@laptop")
    assert run("show", DONE)[1].splitlines()[1] == "  Cancelled by ops@laptop"


def test_a_cancelled_run_has_its_own_exit_status(account, runs):
    account.add_run(DONE, status="CANCELLED", finished_at=NOW.timestamp())
    assert runs("watch", DONE, "--json")[0] == 3
