"""The analysis of a real account: it needs exactly the documented policy, and its errors have remedies."""

import csv
import json
import re
import shlex
import signal
import subprocess
import sys
from collections import Counter
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
from tests.delivery.pages import block
from tests.local.estate.test_estate import READ_ACTIONS

pytestmark = pytest.mark.local

MODEL = "global.some.model"
SCRIPTED = ("--model-factory", "local.scripted_model:create")


def documents():
    """Return the documented policy, and the statement for --refresh-prices."""
    return [json.loads(block("docs/live-analysis.md", part)) for part in ("ReadFunctions", "ReadPrices")]


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
    """Environment variables of a user who has only the documented permissions."""
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


def test_the_documented_policy_is_sufficient_for_an_analysis(account, reader, tmp_path):
    done = analyse(reader, "--live", *SCRIPTED, "--out", str(tmp_path), "--json")

    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    assert (answer["status"], answer["account"], answer["regions"]) == (
        "COMPLETED",
        account.account_id,
        [account.region],
    )
    assert "<html" in Path(answer["report"]["html"]).read_text()
    assert {path.name for path in tmp_path.iterdir()} == {"report.html", "report.md", "findings.csv", "findings.json"}
    found = json.loads(Path(answer["report"]["findings"]).read_text())
    assert found["gaps"] == []
    assert Decimal(found["totals"]["monthly_saving_usd"]) == MIXED.saving


@pytest.mark.parametrize(
    "shown",
    [block("docs/live-analysis.md", "analyse --live\n"), block("docs/live-analysis.md", "analyse --live --profile")],
    ids=["shortest", "with options"],
)
def test_each_command_of_the_guide_writes_a_report(reader, tmp_path, shown):
    profile = tmp_path / "credentials"
    keys = [f"{name} = {reader[name.upper()]}\n" for name in ("aws_access_key_id", "aws_secret_access_key")]
    profile.write_text(f"[audit]\n{''.join(keys)}")
    variables = reader | {"AWS_SHARED_CREDENTIALS_FILE": str(profile), "MODEL_FACTORY": "local.scripted_model:create"}
    python, *arguments = shlex.split(shown)
    assert python == ".venv/bin/python"

    done = subprocess.run(
        [sys.executable, *arguments, "--out", str(tmp_path / "report")],
        cwd=processes.PROJECT,
        env=variables,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    assert (tmp_path / "report" / "report.html").exists()


def test_the_account_and_the_identity_are_printed_first(account, reader, tmp_path):
    done = analyse(reader, "--live", *SCRIPTED, "--out", str(tmp_path))

    assert done.returncode == 0, done.stderr
    first, model, then = done.stdout.splitlines()[:3]
    assert first.endswith(
        f"account {account.account_id} in eu-central-1, read as arn:aws:iam::123456789012:user/auditor"
    )
    assert model.endswith("local.scripted_model:create")
    assert "account" not in then
    assert f"Report: {tmp_path / 'report.html'}" in done.stdout


def test_the_documented_policy_has_exactly_the_read_actions_of_the_analyst():
    beyond_reading = {"sts:GetCallerIdentity", "bedrock:InvokeModel*"}
    assert actions(documented_policy()) == {*READ_ACTIONS, *beyond_reading}
    assert [action for action in READ_ACTIONS if not re.match(r"[\w-]+:(Get|List|Describe|Filter)", action)] == []


def test_refreshed_prices_are_reported_with_the_date_of_the_price_list(reader, tmp_path):
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


def test_without_permission_to_read_the_price_list_the_report_has_a_gap_and_the_same_figures(reader, tmp_path):
    done = analyse(reader, "--live", "--refresh-prices", *SCRIPTED, "--out", str(tmp_path))

    assert done.returncode == 0, done.stderr
    found = json.loads((tmp_path / "findings.json").read_text())
    assert [gap["source"] for gap in found["gaps"]] == ["pricing:GetProducts"]
    assert Decimal(found["totals"]["monthly_saving_usd"]) == MIXED.saving


@pytest.fixture
def grouped(account, reader, tmp_path):
    """Return the folder with the report of an analysis. Four of the functions have an owner."""
    resources, iam = account.client("lambda"), account.client("iam")
    for owner, names in {
        "shop": ("checkout-api", "image-resizer"),
        "data": ("search-indexer", "telemetry-ingest"),
    }.items():
        for name in names:
            arn = resources.get_function(FunctionName=name)["Configuration"]["FunctionArn"]
            resources.tag_resource(Resource=arn, Tags={"owner": owner})
    statement = {"Effect": "Allow", "Action": "tag:GetResources", "Resource": "*"}
    policy = {"Version": "2012-10-17", "Statement": [statement]}
    iam.put_user_policy(UserName="auditor", PolicyName="tags", PolicyDocument=json.dumps(policy))
    done = analyse(reader, "--live", "--group-by-tag", "owner", *SCRIPTED, "--out", str(tmp_path))
    iam.delete_user_policy(UserName="auditor", PolicyName="tags")
    assert done.returncode == 0, done.stderr
    return tmp_path


def test_costs_savings_and_advice_are_those_of_each_owner(grouped):
    # From the functions' costs in MIXED. shop: 33.333055 + 146.161357 = 179.494412; saves 35.37 + 21.93 + 5.83.
    # data: 357.287493 + 85.166682 = 442.454175; saves 280.32 + 38.02.
    # Without a tag: 738.721762 - 179.494412 - 442.454175 = 116.773175; saves 43.80 + 21.90 + 4.96.
    expected = [
        ("data", 2, "442.45", "318.34", 2, 1),
        ("shop", 2, "179.49", "63.13", 3, 1),
        (None, 10, "116.77", "70.66", 3, 6),
    ]
    found = json.loads((grouped / "findings.json").read_text())
    figures = ("owner", "functions", "monthly_cost_usd", "monthly_saving_usd", "opportunities", "recommendations")
    assert [tuple(one[figure] for figure in figures) for one in found["owners"]] == expected
    owners = {one["function"]: one["owner"] for one in found["findings"]}
    assert (owners["image-resizer"], owners["telemetry-ingest"], owners["pdf-renderer"]) == ("shop", "data", None)
    assert found["gaps"] == []

    sentences = re.split(r"(?<=[.]) ", found["summary"])
    for said in (
        ("data", "$442.45", "$318.34", "1 recommendation"),
        ("shop", "$179.49", "$63.13", "1 recommendation"),
        ("Untagged", "$116.77", "$70.66", "6 recommendations"),
    ):
        assert any(all(part in sentence for part in said) for sentence in sentences), said

    report = (grouped / "report.md").read_text()
    assert "## Cost by owner" in report
    assert "| 2 | $179.49 | $63.13 | 3 | 1 |" in report
    assert "| 10 | $116.77 | $70.66 | 3 | 6 |" in report
    with (grouped / "findings.csv").open(encoding="utf-8-sig", newline="") as table:
        assert Counter(row["owner"] for row in csv.DictReader(table)) == {"": 9, "shop": 5, "data": 3}


def test_the_statement_for_refreshed_prices_is_documented_apart():
    statement = documents()[1]
    assert actions({"Statement": [statement]}) == {"pricing:GetProducts"}
    assert statement["Sid"] not in {one["Sid"] for one in documented_policy()["Statement"]}


@pytest.mark.parametrize("prompt", ["hang: 60", "listen"], ids=["unresponsive model", "responsive model"])
def test_ctrl_c_ends_an_analysis_and_prints_one_line(reader, tmp_path, prompt):
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
        _, errors = child.communicate(timeout=60)
    finally:
        child.kill()
    assert (child.returncode, errors) == (130, "Interrupted (SIGINT): nothing was written to AWS\n")


def test_without_live_the_command_explains_itself_and_reads_nothing():
    done = analyse(processes.base_environment(), "--profile", "audit")

    assert (done.returncode, done.stdout) == (2, "")
    assert re.fullmatch(
        r"This command reads the real AWS account of profile 'audit', sends the findings to Amazon Bedrock's "
        r"global\..* \(which costs money\) and writes a report to \.local/reports/live-\w+\. "
        r"It writes nothing to AWS\. To confirm, add --live\n",
        done.stderr,
    )


def test_a_directory_that_cannot_be_made_is_an_error_before_anything_is_read(tmp_path):
    (tmp_path / "file").touch()
    done = analyse(processes.base_environment(), "--live", "--out", str(tmp_path / "file" / "reports"))

    assert (done.returncode, done.stdout) == (2, "")
    assert "cannot be made (Not a directory): choose another one with --out" in done.stderr
    assert "Traceback" not in done.stderr


def test_missing_credentials_are_an_error_with_its_remedy(account):
    without_keys = {k: v for k, v in environment(account.endpoint, "", "").items() if "KEY" not in k}

    done = analyse(without_keys, "--live", "--json")

    assert done.returncode == 3
    assert done.stderr.startswith("There are no AWS credentials")
    assert "run 'aws configure' or 'aws sso login'" in done.stderr
    assert json.loads(done.stdout)["error"] == done.stderr.strip()


@pytest.mark.parametrize(
    ("arguments", "status", "message"),
    [
        (["--model-factory", "nowhere:create"], 2, "there is no module 'nowhere'"),
        (["--model-factory", "builtins:repr"], 2, "returned a str: return a strands.models.Model"),
        (["--regions", "Frankfurt"], 2, "'Frankfurt' is not a region: give names such as eu-west-1"),
        (["--profile", "nobody"], 3, "name one from 'aws configure list-profiles'"),
        ([*SCRIPTED, "--prompt", "fail: the provider is down"], 1, "RuntimeError: the provider is down"),
    ],
)
def test_an_analysis_that_cannot_go_on_ends_with_an_error_and_its_remedy(reader, tmp_path, arguments, status, message):
    done = analyse(reader, "--live", *arguments, "--out", str(tmp_path))

    assert done.returncode == status, done.stderr
    assert message in done.stderr
    assert "Traceback" not in done.stderr


def refusal(code, operation, message="no"):
    return ClientError({"Error": {"Code": code, "Message": message}}, operation)


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (refusal("ExpiredToken", "GetCallerIdentity"), "The AWS credentials have expired (ExpiredToken): get new ones"),
        (refusal("InvalidClientTokenId", "GetCallerIdentity"), "AWS does not know these credentials"),
        (exceptions.UnauthorizedSSOTokenError(), "run 'aws sso login'"),
        (exceptions.EndpointConnectionError(endpoint_url="https://sts"), "AWS cannot be reached"),
        (
            refusal("AccessDenied", "GetCallerIdentity"),
            "AWS refused GetCallerIdentity (AccessDenied: no): add the policy of docs/live-analysis.md",
        ),
        (
            refusal("AccessDeniedException", "ConverseStream", "You don't have\naccess"),
            f"Amazon Bedrock refused model {MODEL} (AccessDeniedException: You don't have access): request access",
        ),
        (refusal("ExpiredTokenException", "ConverseStream"), "The AWS credentials have expired"),
    ],
)
def test_a_refusal_is_explained_in_one_line_with_its_remedy(error, message):
    line = refusals.explain(error, model_id=MODEL)
    assert message in line
    assert "\n" not in line
