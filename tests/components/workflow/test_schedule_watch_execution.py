"""The watch of a schedule, executed in the emulated account with a journal of a few runs."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest

from components.workflow.definitions.schedule_watch import schedule_watch_definition
from local.emulator.account import Account
from local.emulator.emulator import Emulator

pytestmark = pytest.mark.local

PATIENCE_SECONDS = 60


@pytest.fixture(scope="module")
def account(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Account]:
    with Emulator(tmp_path_factory.mktemp("emulator"), wait_scale=0.01) as emulator:
        emulator.account.client("dynamodb").create_table(
            TableName="journal",
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[
                {"AttributeName": name, "AttributeType": "S"} for name in ("PK", "SK", "kind", "requested_at")
            ],
            KeySchema=[{"AttributeName": "PK", "KeyType": "HASH"}, {"AttributeName": "SK", "KeyType": "RANGE"}],
            GlobalSecondaryIndexes=[
                {
                    "IndexName": "runs-by-time",
                    "KeySchema": [
                        {"AttributeName": "kind", "KeyType": "HASH"},
                        {"AttributeName": "requested_at", "KeyType": "RANGE"},
                    ],
                    "Projection": {"ProjectionType": "ALL"},
                }
            ],
        )
        yield emulator.account


@pytest.fixture(scope="module")
def watch(account: Account) -> Callable[[str], str]:
    """Return a function that runs the watch of a schedule and returns its status or error."""
    iam, stepfunctions = account.client("iam"), account.client("stepfunctions")
    role = iam.create_role(RoleName="any", AssumeRolePolicyDocument="{}")["Role"]["Arn"]
    allowed = {"Statement": [{"Effect": "Allow", "Action": "dynamodb:Query", "Resource": "*"}]}
    iam.put_role_policy(RoleName="any", PolicyName="all", PolicyDocument=json.dumps(allowed))
    machine = stepfunctions.create_state_machine(
        name="watch", definition=json.dumps(schedule_watch_definition(table_name="journal")), roleArn=role
    )["stateMachineArn"]

    def watched(schedule: str) -> str:
        request = {"requested_by": schedule, "earlier_seconds": 300, "patience_seconds": PATIENCE_SECONDS}
        execution = stepfunctions.start_execution(stateMachineArn=machine, input=json.dumps(request))["executionArn"]
        until = time.monotonic() + PATIENCE_SECONDS
        while (described := stepfunctions.describe_execution(executionArn=execution))["status"] == "RUNNING":
            assert time.monotonic() < until, "the watch did not end in time"
            time.sleep(0.05)
        return str(described.get("error", described["status"]))

    return watched


def run(
    account: Account,
    session_id: str,
    requested_by: str,
    status: str,
    *,
    minutes_ago: int = 0,
    size: int = 0,
    error_type: str = "",
) -> None:
    requested_at = datetime.now(UTC) - timedelta(minutes=minutes_ago)
    account.client("dynamodb").put_item(
        TableName="journal",
        Item={
            "PK": {"S": session_id},
            "SK": {"S": "SESSION"},
            "kind": {"S": "RUN"},
            "requested_at": {"S": f"{requested_at:%Y-%m-%dT%H:%M:%SZ}"},
            "requested_by": {"S": requested_by},
            "status": {"S": status},
            "prompt": {"S": "x" * size},
            "error_type": {"S": error_type},
        },
    )


def test_the_watch_succeeds_if_a_run_has_completed(account: Account, watch: Callable[[str], str]) -> None:
    run(account, "a-1", "schedule answered", "FAILED")
    run(account, "a-2", "schedule answered", "COMPLETED")

    assert watch("schedule answered") == "SUCCEEDED"


@pytest.mark.parametrize("status", ["FAILED", "CANCELLED", "BUSY"])
def test_the_watch_fails_if_no_run_has_completed(account: Account, watch: Callable[[str], str], status: str) -> None:
    run(account, f"b-{status}", f"schedule {status}", status)

    assert watch(f"schedule {status}") == "NoCompletedRun"


def test_the_watch_succeeds_if_a_run_was_skipped_because_another_one_worked(
    account: Account, watch: Callable[[str], str]
) -> None:
    run(account, "s-1", "schedule busy", "CANCELLED", error_type="ScheduleOverlap")

    assert watch("schedule busy") == "SUCCEEDED"


def test_the_watch_ignores_other_schedules_and_earlier_runs(account: Account, watch: Callable[[str], str]) -> None:
    run(account, "c-1", "schedule other", "COMPLETED")
    run(account, "c-2", "schedule weekly", "COMPLETED", minutes_ago=60)

    assert watch("schedule weekly") == "NoCompletedRun"


def test_the_watch_finds_a_run_on_a_later_page(account: Account, watch: Callable[[str], str]) -> None:
    for number in range(12):
        run(account, f"d-{number}", "schedule crowd", "FAILED", size=100_000)
    run(account, "d-last", "schedule late", "COMPLETED")

    assert watch("schedule late") == "SUCCEEDED"
