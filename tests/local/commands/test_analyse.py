"""The analysis of a real account: under exactly the documented policy, and what it says when it cannot go on."""

import json
import re
import signal
import subprocess
import sys
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from botocore import exceptions
from botocore.exceptions import ClientError

from local import processes
from local.commands import refusals
from local.emulator.emulator import Emulator
from local.estate import filling
from local.estate.sample import MIXED
from tests.agent.analyst.price_lists import PriceListServer
from tests.local.estate.test_estate import READ_ACTIONS

pytestmark = pytest.mark.local

DOCUMENT = processes.PROJECT / refusals.POLICY
MODEL = "global.some.model"
SCRIPTED = ("--model-factory", "local.scripted_model:create")


def documents():
    """The policy, and the statement that one more option needs."""
    return [json.loads(text) for text in re.findall(r"```json\n(.*?)```", DOCUMENT.read_text(), re.DOTALL)]


def documented_policy():
    return documents()[0]


def actions(policy):
    return {
        action
        for statement in policy["Statement"]
        for action in ([statement["Action"]] if isinstance(statement["Action"], str) else statement["Action"])
    }


@pytest.fixture(scope="module")
def account(tmp_path_factory):
    with Emulator(tmp_path_factory.mktemp("emulator")) as running:
        filling.fill(running.account.client, MIXED, datetime.now(UTC))
        yield running.account


@pytest.fixture(scope="module")
def reader(account):
    """The environment of somebody who may do what is documented, and nothing else."""
    iam = account.client("iam")
    iam.create_user(UserName="auditor")
    iam.put_user_policy(UserName="auditor", PolicyName="live-analysis", PolicyDocument=json.dumps(documented_policy()))
    key = iam.create_access_key(UserName="auditor")["AccessKey"]
    return environment(account.endpoint, key["AccessKeyId"], key["SecretAccessKey"])


def environment(endpoint, access_key, secret_key):
    aws = processes.aws_environment(
        endpoint=endpoint, region="eu-central-1", access_key=access_key, secret_key=secret_key
    )
    return processes.base_environment() | aws | {"SCRIPTED_MODEL_STEP_SECONDS": "0"}


def command(*arguments):
    return [sys.executable, "-m", "local", "analyse", *arguments]


def analyse(variables, *arguments):
    return subprocess.run(
        command(*arguments),
        cwd=processes.PROJECT,
        env=variables,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )


def test_the_documented_policy_is_all_that_an_analysis_needs(account, reader, tmp_path):
    done = analyse(reader, "--live", *SCRIPTED, "--out", str(tmp_path), "--json")

    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    assert (answer["status"], answer["account"], answer["regions"]) == (
        "COMPLETED",
        account.account_id,
        [account.region],
    )
    assert "<html" in Path(answer["report"]["html"]).read_text()
    assert {path.name for path in tmp_path.iterdir()} == {"report.html", "report.md", "findings.json"}
    found = json.loads(Path(answer["report"]["findings"]).read_text())
    assert found["gaps"] == []
    assert Decimal(found["totals"]["monthly_saving_usd"]) == MIXED.saving


def test_the_account_is_named_before_anything_else_is_read(account, reader, tmp_path):
    done = analyse(reader, "--live", *SCRIPTED, "--out", str(tmp_path))

    assert done.returncode == 0, done.stderr
    first, model, then = done.stdout.splitlines()[:3]
    assert first.endswith(
        f"account {account.account_id} in eu-central-1, read as arn:aws:iam::123456789012:user/auditor"
    )
    assert model.endswith("local.scripted_model:create")
    assert "account" not in then
    assert f"Report: {tmp_path / 'report.html'}" in done.stdout


def test_the_documented_policy_reads_what_the_analyst_reads_and_has_no_action_that_writes():
    beyond_reading = {"sts:GetCallerIdentity", "bedrock:InvokeModel*"}
    assert actions(documented_policy()) == {*READ_ACTIONS, *beyond_reading}
    assert [action for action in READ_ACTIONS if not re.match(r"\w+:(Get|List|Describe|Filter)", action)] == []


def test_prices_are_refreshed_on_demand_and_the_day_of_the_list_is_named(reader, tmp_path):
    with PriceListServer() as server:
        variables = reader | {"AWS_ENDPOINT_URL_PRICING": server.endpoint}
        done = analyse(variables, "--live", "--refresh-prices", *SCRIPTED, "--out", str(tmp_path))

    assert done.returncode == 0, done.stderr
    found = json.loads((tmp_path / "findings.json").read_text())
    [prices] = found["prices"]
    assert (prices["region"], prices["as_of"], prices["source"]) == (
        "eu-central-1",
        "2026-10-14",
        "AWS Price List API",
    )
    assert found["gaps"] == []


def test_without_leave_to_read_the_price_list_the_report_has_a_gap_and_no_other_figures(reader, tmp_path):
    done = analyse(reader, "--live", "--refresh-prices", *SCRIPTED, "--out", str(tmp_path))

    assert done.returncode == 0, done.stderr
    found = json.loads((tmp_path / "findings.json").read_text())
    assert [gap["source"] for gap in found["gaps"]] == ["pricing:GetProducts"]
    assert Decimal(found["totals"]["monthly_saving_usd"]) == MIXED.saving


def test_refreshing_prices_needs_the_one_statement_that_is_documented_for_it():
    statement = documents()[1]
    assert actions({"Statement": [statement]}) == {"pricing:GetProducts"}
    assert statement["Sid"] not in {one["Sid"] for one in documented_policy()["Statement"]}


@pytest.mark.parametrize("prompt", ["hang: 60", "listen"], ids=["a model that does not listen", "one that does"])
def test_ctrl_c_ends_an_analysis_with_one_line(reader, tmp_path, prompt):
    child = subprocess.Popen(
        command("--live", *SCRIPTED, "--prompt", prompt, "--out", str(tmp_path)),
        cwd=processes.PROJECT,
        env=reader | {"SCRIPTED_MODEL_STEP_SECONDS": "30"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        while "model " not in child.stdout.readline():
            assert child.poll() is None
        child.send_signal(signal.SIGINT)
        _, errors = child.communicate(timeout=20)
    finally:
        child.kill()
    assert (child.returncode, errors) == (130, "Interrupted (SIGINT): nothing was written to AWS\n")


def test_without_live_it_says_what_it_would_do_and_reads_nothing():
    done = analyse(processes.base_environment(), "--profile", "audit")

    assert (done.returncode, done.stdout) == (2, "")
    assert re.fullmatch(
        r"This would read a real account, that of profile 'audit', send what it finds to Amazon Bedrock's global\..*, "
        r"which costs money, and write a report to \.local/reports/live-\w+; .*: add --live\n",
        done.stderr,
    )


def test_missing_credentials_are_told_with_their_remedy(account):
    nobody = {k: v for k, v in environment(account.endpoint, "", "").items() if "KEY" not in k}

    done = analyse(nobody, "--live", "--json")

    assert done.returncode == 3
    assert done.stderr.startswith("There are no AWS credentials")
    assert "run 'aws configure' or 'aws sso login'" in done.stderr
    assert json.loads(done.stdout)["error"] == done.stderr.strip()


@pytest.mark.parametrize(
    ("arguments", "status", "told"),
    [
        (["--model-factory", "nowhere:create"], 2, "there is no module 'nowhere'"),
        (["--model-factory", "builtins:repr"], 2, "returned a str: return a strands.models.Model"),
        (["--regions", "Frankfurt"], 2, "'Frankfurt' is not a region: give names such as eu-west-1"),
        (["--profile", "nobody"], 3, "choose one that 'aws configure list-profiles' shows"),
        ([*SCRIPTED, "--prompt", "fail: the provider is down"], 1, "RuntimeError: the provider is down"),
    ],
)
def test_what_stops_an_analysis_is_told_with_its_remedy(reader, tmp_path, arguments, status, told):
    done = analyse(reader, "--live", *arguments, "--out", str(tmp_path))

    assert done.returncode == status, done.stderr
    assert told in done.stderr
    assert "Traceback" not in done.stderr


def refusal(code, operation, message="no"):
    return ClientError({"Error": {"Code": code, "Message": message}}, operation)


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (refusal("ExpiredToken", "GetCallerIdentity"), "The AWS credentials have expired (ExpiredToken): get new ones"),
        (refusal("InvalidClientTokenId", "GetCallerIdentity"), "AWS does not know these credentials"),
        (exceptions.UnauthorizedSSOTokenError(), "run 'aws sso login'"),
        (exceptions.EndpointConnectionError(endpoint_url="https://sts"), "AWS cannot be reached"),
        (refusal("AccessDenied", "GetCallerIdentity"), "docs/live-analysis.md has the policy that is needed"),
        (
            refusal("AccessDeniedException", "ConverseStream", "You don't have\naccess"),
            f"Amazon Bedrock does not let this account use model {MODEL} "
            "(AccessDeniedException: You don't have access): ask for access to it",
        ),
        (refusal("ExpiredTokenException", "ConverseStream"), "The AWS credentials have expired"),
    ],
)
def test_a_refusal_is_one_line_with_a_remedy(error, told):
    line = refusals.told(error, model_id=MODEL)
    assert told in line
    assert "\n" not in line
