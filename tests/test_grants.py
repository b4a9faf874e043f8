"""Every granted action is needed: without it, a run fails or reports what is missing.

The real stack is deployed into the emulated account, which enforces IAM. For the agent, each action is removed from a
copy of its role, and a run is made under the copy, so that many runs are independent of each other. A run is the
agent's own attempt with the real analyst, journal and reports and the scripted model. The server and the workflow are
left out, because they play no part in these grants. The two functions are invoked as deployed, and their own roles are
changed.

NOT_SHOWN lists what the emulator cannot show, with the reason. A grant that is neither needed nor listed is an error.
"""

from __future__ import annotations

import json
import multiprocessing
import uuid
from collections.abc import Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import boto3
import pytest

from local.estate import filling
from local.estate.shapes import Estate, Provisioned, Shape
from local.stack import LocalStack, Options
from tests import agent_process
from tests.agent_runs import ELSEWHERE, AgentRuns, Granted, Result, Roles, grants
from tests.components import recorded

pytestmark = [
    pytest.mark.local,
    pytest.mark.filterwarnings("ignore:.* has been deprecated in favor of:DeprecationWarning"),
]

OWN_LOG = "The AWS service writes this log under the role. The emulator writes no log, or writes it without the role."
NO_X_RAY = "The emulator has no X-Ray, and a run must not fail because of a missing trace."
# Proved by tests/components/storage/test_encryption_key.py, from prod's policies.
NO_KEYS = "Dev has no KMS key, and the emulator checks no permission for keys, so no run can miss it."
NO_BEDROCK = "A scripted model replaces Bedrock."
ABSENT = "The emulator does not have it. local/emulator/absent_services.py answers for it, and checks no permission."
# Requested for such functions only; tests/agent/analyst/account/configuration/ has some.
NO_SUCH_FUNCTION = "The emulator has no function for which the analyst needs it."

NOT_SHOWN = {
    ("agent", "FindLogGroups"): OWN_LOG,
    ("agent", "FindLogStreams"): OWN_LOG,
    ("agent", "OwnLogStreams"): OWN_LOG,
    ("agent", "MakeLogGroup"): OWN_LOG,
    ("agent", "ReceiveSpans"): OWN_LOG,
    ("agent", "Traces"): NO_X_RAY,
    ("agent", "Metrics"): "AWS's distribution of OpenTelemetry writes the metrics. It does not run here.",
    ("agent", "InvokeModel"): NO_BEDROCK,
    ("agent", "InvokeInferenceProfile"): NO_BEDROCK,
    ("agent", "InvokeModelThroughProfile"): NO_BEDROCK,
    ("agent", "UseKeyOfJournal"): NO_KEYS,
    ("agent", "UseKeyOfReports"): NO_KEYS,
    ("agent", "ReadAdvice"): ABSENT,
    ("agent", "ReadSavingsPlans"): ABSENT,
    ("agent", "lambda:ListCapacityProviders"): ABSENT,
    ("agent", "lambda:ListMicrovms"): ABSENT,
    ("agent", "lambda:ListWebFunctions"): ABSENT,
    ("agent", "lambda:GetAccountSettings"): "The emulator answers this request without a check of permissions.",
    ("agent", "lambda:GetFunctionConcurrency"): NO_SUCH_FUNCTION,
    ("agent", "lambda:ListDurableExecutionsByFunction"): NO_SUCH_FUNCTION,
    ("agent", "lambda:ListFunctionEventInvokeConfigs"): NO_SUCH_FUNCTION,
    ("start", "OwnLogs"): OWN_LOG,
    ("start", "Traces"): NO_X_RAY,
    ("stop", "OwnLogs"): OWN_LOG,
    ("stop", "SettleRun"): "The session here has no run. tests/functions/test_stop.py has runs with a cost.",
    ("stop", "UseKeyOfJournal"): NO_KEYS,
    ("stop", "Traces"): NO_X_RAY,
}
"""By part and statement, or part and action: the reason why the emulator cannot show that the grant is needed."""

PARTS = ("agent", "start", "stop")


def is_shown(granted: Granted) -> bool:
    """Return whether the emulator can show that a grant is needed."""
    return NOT_SHOWN.keys().isdisjoint({(granted.part, granted.sid), (granted.part, granted.action)})


# One function for each kind of data that the analyst reads.
ESTATE = Estate(
    name="here",
    cost=Decimal(0),
    saving=Decimal(0),
    functions=(
        Shape(
            name="busy",
            about="has metrics, REPORT lines and provisioned concurrency",
            calls_per_day=100,
            provisioned=(Provisioned(alias="live", units=1, peak_utilization=0.5),),
        ),
        Shape(
            name="chatty",
            about="nothing provisioned, so its versions are read; an expensive log, so its subscriptions are read",
            calls_per_day=100,
            log_bytes_per_day=1024**3,
        ),
        Shape(name="quiet", about="only its log shows that it is old", last_ran_days_ago=40),
    ),
)
# A second region: in the stack's region, another statement also allows the agent to list log groups.
ESTATE_ELSEWHERE = Estate(
    name="elsewhere",
    cost=Decimal(0),
    saving=Decimal(0),
    functions=(Shape(name="busy-elsewhere", about="has a log group", calls_per_day=100),),
)


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalStack]:
    with LocalStack(Options(state=tmp_path_factory.mktemp("state"))) as stack:
        stack.deploy()
        yield stack


@pytest.fixture(scope="module")
def roles(stack: LocalStack) -> Roles:
    return Roles(stack)


@pytest.fixture(scope="module")
def pool() -> Iterator[ProcessPoolExecutor]:
    """Return two processes that import the agent while the stack is deployed."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SCRIPTED_MODEL_STEP_SECONDS", "0")
        with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("spawn")) as pool:
            for _ in range(2):
                pool.submit(agent_process.warm_up)
            yield pool


@pytest.fixture(scope="module")
def agent_runs(pool: ProcessPoolExecutor, stack: LocalStack, roles: Roles) -> AgentRuns:
    now, account = datetime.now(UTC), stack.account()
    filling.fill(account.client, ESTATE, now)
    session = boto3.Session(account.access_key, account.secret_key, region_name=ELSEWHERE)
    clients = {
        name: session.client(name, endpoint_url=account.endpoint) for name in ("cloudwatch", "iam", "lambda", "logs")
    }
    filling.fill(clients.__getitem__, ESTATE_ELSEWHERE, now)
    return AgentRuns(stack, roles, pool)


@pytest.fixture(scope="module")
def deprived(agent_runs: AgentRuns, roles: Roles) -> Mapping[Granted, Result]:
    """Return the result of a run without each action, except those in NOT_SHOWN.

    If a first attempt does not miss the action, a second attempt must: it continues the conversation of the first one,
    and analyses another region too.
    """
    tested = [g for g in grants("agent", roles.policy("agent")) if is_shown(g)]
    first = {granted: agent_runs.start(deprived_of=granted) for granted in tested}
    results = {granted: agent_runs.result(*run) for granted, run in first.items()}
    unmissed = [granted for granted, result in results.items() if not result.misses(granted.action)]
    second = {granted: agent_runs.start(deprived_of=granted, attempt=2) for granted in unmissed}
    return results | {granted: agent_runs.result(*run) for granted, run in second.items()}


def test_a_run_with_all_grants_misses_nothing(agent_runs: AgentRuns) -> None:
    runs = [agent_runs.start(), agent_runs.start(attempt=2)]

    for run in runs:
        result = agent_runs.result(*run)
        assert (result.status, result.gaps, result.refusals) == ("COMPLETED", [], [])


def test_the_agent_needs_every_granted_action(deprived: Mapping[Granted, Result]) -> None:
    assert len(deprived) > 10
    unmissed = sorted(granted for granted, result in deprived.items() if not result.misses(granted.action))

    assert unmissed == [], "remove the grant, or add to NOT_SHOWN why the emulator cannot show that it is needed"


def test_a_missing_read_permission_is_a_gap_in_the_report(deprived: Mapping[Granted, Result]) -> None:
    reading = {g: result for g, result in deprived.items() if g.sid.startswith("Read")}

    assert len(reading) >= 8
    assert [g for g, result in reading.items() if result.status != "COMPLETED" or g.action not in result.gaps] == []


def test_a_run_fails_without_the_list_of_functions_the_journal_or_the_reports(
    deprived: Mapping[Granted, Result],
) -> None:
    needed = {("ListFunctions", "lambda:ListFunctions"), ("KeepJournal", "dynamodb:UpdateItem")}
    needed |= {(sid, f"s3:{verb}Object") for sid in ("KeepReports", "KeepConversations") for verb in ("Get", "Put")}

    assert {(g.sid, g.action) for g, result in deprived.items() if result.status != "COMPLETED"} == needed


def invoke(stack: LocalStack, part: str, **event: Any) -> tuple[str | None, dict[str, Any]]:
    """Invoke a deployed function, and return its kind of error (None for success) and its response."""
    answer = stack.client("lambda").invoke(
        FunctionName=stack.outputs[f"{part}_function_name"], Payload=json.dumps(event).encode()
    )
    return answer.get("FunctionError"), json.loads(answer["Payload"].read())


def test_each_function_needs_its_one_granted_action(stack: LocalStack, roles: Roles) -> None:
    session = {"session_id": str(uuid.uuid4())}
    request = session | {"attempt": 1, "prompt": "Look at everything.", "deadline_at": 4_000_000_000}
    needed = {part: [g for g in grants(part, roles.policy(part)) if is_shown(g)] for part in ("start", "stop")}
    (start,), (stop,) = needed["start"], needed["stop"]

    with roles.deprived(start):
        _, refused = invoke(stack, "start", **request)
        assert (refused["outcome"], refused["error_type"]) == ("rejected", "AccessDeniedException")
        assert start.action in refused["error_message"]
    assert invoke(stack, "start", **request)[1]["outcome"] == "accepted"
    with roles.deprived(stop):
        error, refused = invoke(stack, "stop", **session)
        assert error is not None
        assert "AccessDenied" in json.dumps(refused)
        assert stop.action in json.dumps(refused)
    assert invoke(stack, "stop", **session)[1] == {"outcome": "stopped"}


def test_not_shown_lists_only_grants_and_all_grants_that_only_prod_has() -> None:
    def granted(stack_name: str) -> set[Granted]:
        recording = recorded.of_stack(stack_name)
        assert recording.error is None
        return {
            g
            for role, statements in recording.policies().items()
            for part in PARTS
            if role.endswith(f"-{part}")
            for g in grants(part, {"Statement": statements})
        }

    by_stack = {stack: granted(stack) for stack in recorded.STACKS}
    everything = set().union(*by_stack.values())
    names = {(g.part, name) for g in everything for name in (g.sid, g.action)}
    known_to_settings = {("agent", "InvokeModel")}  # for a model without an inference profile

    assert set(NOT_SHOWN) - known_to_settings - names == set()
    assert sorted(g for g in everything - by_stack["dev"] if is_shown(g)) == []
