"""Every granted action is needed: without it, a run fails or reports what is missing.

The real stack is deployed into the emulated account, which enforces IAM. For the agent, each action is removed from a
copy of its role, and a run is made under the copy, so that many runs are independent of each other. A run is the
agent's own attempt with the real analyst, journal and reports and the scripted model. The server and the workflow are
left out, because they play no part in these grants. The two functions are invoked as deployed, and their own roles are
changed.

NOT_SHOWN lists what the emulator cannot show, with the reason. A grant that is neither needed nor listed is an error.
"""

from __future__ import annotations

import copy
import json
import multiprocessing
import uuid
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import boto3
import pytest

from agent.harness.schema import PARTITION_KEY, RUN_SORT_KEY, SORT_KEY, Attribute, Status
from local import processes
from local.emulator.account import ROOT_ACCESS_KEY, ROOT_SECRET_KEY
from local.estate import filling
from local.estate.shapes import Estate, Provisioned, Shape
from local.stack import LocalStack, Options
from tests import agent_process
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

NOT_SHOWN = {
    ("agent", "FindLogGroups"): OWN_LOG,
    ("agent", "FindLogStreams"): OWN_LOG,
    ("agent", "OwnLogStreams"): OWN_LOG,
    ("agent", "MakeLogGroup"): OWN_LOG,
    ("agent", "Traces"): NO_X_RAY,
    ("agent", "Metrics"): "AWS's distribution of OpenTelemetry writes the metrics. It does not run here.",
    ("agent", "InvokeModel"): NO_BEDROCK,
    ("agent", "InvokeInferenceProfile"): NO_BEDROCK,
    ("agent", "InvokeModelThroughProfile"): NO_BEDROCK,
    ("agent", "UseKeyOfJournal"): NO_KEYS,
    ("agent", "UseKeyOfReports"): NO_KEYS,
    ("start", "OwnLogs"): OWN_LOG,
    ("start", "Traces"): NO_X_RAY,
    ("stop", "OwnLogs"): OWN_LOG,
    ("stop", "Traces"): NO_X_RAY,
}
"""By part and statement: the reason why the emulator cannot show that the grant is needed."""

PARTS = ("agent", "start", "stop")

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
            about="has nothing provisioned, so its versions are read, and a log so expensive that its readers are read",
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
ELSEWHERE = "us-east-1"


@dataclass(frozen=True, kw_only=True, order=True)
class Granted:
    """One action that one statement of a role's policy allows."""

    part: str
    sid: str
    action: str


@dataclass(frozen=True, kw_only=True)
class Result:
    """The result of a run."""

    status: str
    error: str
    gaps: Sequence[str]
    warnings: Sequence[str]

    @property
    def refusals(self) -> list[str]:
        """The lines of the run that report a refusal."""
        return [line for line in (self.error, *self.warnings) if "AccessDenied" in line]

    def misses(self, action: str) -> bool:
        """Return whether the run reports that this action was refused."""
        operation = {"s3:ListBucket": "ListObjectsV2"}.get(action, action.split(":")[1])
        return action in self.gaps or any(operation in line or action in line for line in self.refusals)


def grants(part: str, policy: Mapping[str, Any]) -> list[Granted]:
    return [
        Granted(part=part, sid=statement["Sid"], action=action)
        for statement in policy["Statement"]
        for action in statement["Action"]
    ]


def without(policy: Mapping[str, Any], granted: Granted) -> dict[str, Any]:
    """Return the policy without one action of one statement."""
    changed = copy.deepcopy(dict(policy))
    statement = next(s for s in changed["Statement"] if s["Sid"] == granted.sid)
    statement["Action"].remove(granted.action)
    if not statement["Action"]:
        changed["Statement"].remove(statement)
    return changed


class Roles:
    """The roles of a deployed stack, and copies of them."""

    def __init__(self, stack: LocalStack) -> None:
        self._account = stack.account()
        self._iam, self._sts = stack.client("iam"), stack.client("sts")
        control, functions = stack.client("bedrock-agentcore-control"), stack.client("lambda")
        runtime = control.get_agent_runtime(agentRuntimeId=stack.outputs["agent_runtime_id"])
        self.agent_environment = runtime["environmentVariables"]
        arns = {"agent": runtime["roleArn"]} | {
            part: functions.get_function_configuration(FunctionName=stack.outputs[f"{part}_function_name"])["Role"]
            for part in ("start", "stop")
        }
        self._names = {part: arn.rsplit("/", 1)[-1] for part, arn in arns.items()}

    def policy(self, part: str) -> dict[str, Any]:
        """Return all policies of a role as one document."""
        role = self._names[part]
        found = [
            self._iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"]
            for name in self._iam.list_role_policies(RoleName=role)["PolicyNames"]
        ]
        return {**found[0], "Statement": [statement for document in found for statement in document["Statement"]]}

    @contextmanager
    def deprived(self, granted: Granted) -> Iterator[None]:
        """Remove an action from a role within this context."""
        role, policy = self._names[granted.part], self.policy(granted.part)
        (name,) = self._iam.list_role_policies(RoleName=role)["PolicyNames"]
        put = self._iam.put_role_policy
        put(RoleName=role, PolicyName=name, PolicyDocument=json.dumps(without(policy, granted)))
        try:
            yield
        finally:
            put(RoleName=role, PolicyName=name, PolicyDocument=json.dumps(policy))

    def credentials(self, policy: Mapping[str, Any]) -> dict[str, str]:
        """Return environment variables with the credentials of a new role that has a policy."""
        root = {"AWS": f"arn:aws:iam::{self._account.account_id}:root"}
        trust = {"Effect": "Allow", "Principal": root, "Action": "sts:AssumeRole"}
        document = {"Version": "2012-10-17", "Statement": [trust]}
        role = f"copy-{uuid.uuid4().hex}"
        created = self._iam.create_role(RoleName=role, AssumeRolePolicyDocument=json.dumps(document))
        self._iam.put_role_policy(RoleName=role, PolicyName="copy", PolicyDocument=json.dumps(policy))
        given = self._sts.assume_role(RoleArn=created["Role"]["Arn"], RoleSessionName="run")["Credentials"]
        return processes.aws_environment(
            endpoint=self._account.endpoint,
            region=self._account.region,
            access_key=given["AccessKeyId"],
            secret_key=given["SecretAccessKey"],
            token=given["SessionToken"],
        )


class AgentRuns:
    """Runs of the agent, several at the same time."""

    def __init__(self, stack: LocalStack, roles: Roles, pool: ProcessPoolExecutor) -> None:
        self._stack, self._roles, self._pool = stack, roles, pool
        self._policy = roles.policy("agent")
        self._all = roles.credentials(self._policy)
        # A short lease, so that a run stops one second after the journal refuses its writes.
        self._declared = roles.agent_environment | {
            "MODEL_FACTORY": "local.scripted_model:create",
            "LEASE_SECONDS": "1",
            "HEARTBEAT_SECONDS": "0.4",
        }

    def start(self, *, deprived_of: Granted | None = None, attempt: int = 1) -> tuple[str, Future[list[str]]]:
        """Start an attempt. The first one analyses the stack's region, a second one another region too."""
        regions = [self._stack.account().region, *([ELSEWHERE] if attempt > 1 else [])]
        session_id = str(uuid.uuid4())
        key = {PARTITION_KEY: {"S": session_id}, SORT_KEY: {"S": RUN_SORT_KEY}}
        self._stack.client("dynamodb").put_item(
            TableName=self._stack.outputs["journal_table_name"],
            Item={**key, Attribute.STATUS: {"S": Status.PENDING}, Attribute.ATTEMPT: {"N": str(attempt)}},
        )
        policy = self._policy if deprived_of is None else without(self._policy, deprived_of)
        order = agent_process.Order(
            session_id=session_id,
            attempt=attempt,
            declared=self._declared | {"ANALYSIS_REGIONS": ",".join(regions)},
            credentials=self._all if deprived_of is None else self._roles.credentials(policy),
            credentials_before=self._all,
        )
        return session_id, self._pool.submit(agent_process.run, order)

    def result(self, session_id: str, run: Future[list[str]]) -> Result:
        warnings = run.result()
        item = self._stack.runs.read(session_id).item
        return Result(
            status=item["status"],
            error=item.get("error_message", ""),
            gaps=self._gaps(item["report_uri"]) if "report_uri" in item else (),
            warnings=warnings,
        )

    def _gaps(self, report_uri: str) -> list[str]:
        bucket, _, key = report_uri.removeprefix("s3://").partition("/")
        findings = key.replace("report.html", "findings.json")
        read = self._stack.client("s3").get_object(Bucket=bucket, Key=findings)["Body"].read()
        return [gap["source"] for gap in json.loads(read)["gaps"]]


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
    now = datetime.now(UTC)
    filling.fill(stack.account().client, ESTATE, now)
    session = boto3.Session(ROOT_ACCESS_KEY, ROOT_SECRET_KEY, region_name=ELSEWHERE)
    endpoint = stack.account().endpoint
    clients = {name: session.client(name, endpoint_url=endpoint) for name in ("cloudwatch", "iam", "lambda", "logs")}
    filling.fill(clients.__getitem__, ESTATE_ELSEWHERE, now)
    return AgentRuns(stack, roles, pool)


@pytest.fixture(scope="module")
def deprived(agent_runs: AgentRuns, roles: Roles) -> Mapping[Granted, Result]:
    """Return the result of a run without each action, except those in NOT_SHOWN.

    If a first attempt does not miss the action, a second attempt must: it continues the conversation of the first one,
    and analyses another region too.
    """
    tested = [g for g in grants("agent", roles.policy("agent")) if (g.part, g.sid) not in NOT_SHOWN]
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


def test_an_action_that_the_agent_may_not_read_with_is_a_gap_in_the_report(deprived: Mapping[Granted, Result]) -> None:
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
    needed = {
        part: [g for g in grants(part, roles.policy(part)) if (part, g.sid) not in NOT_SHOWN]
        for part in ("start", "stop")
    }
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
    def granted(stack_name: str) -> set[tuple[str, str, str]]:
        recording = recorded.of_stack(stack_name)
        assert recording.error is None
        return {
            (part, g.sid, g.action)
            for role, statements in recording.policies().items()
            for part in PARTS
            if role.endswith(f"-{part}")
            for g in grants(part, {"Statement": statements})
        }

    by_stack = {stack: granted(stack) for stack in recorded.STACKS}
    everything = set().union(*by_stack.values())
    known_to_settings = {("agent", "InvokeModel")}  # for a model without an inference profile

    assert set(NOT_SHOWN) - known_to_settings - {(part, sid) for part, sid, _ in everything} == set()
    assert sorted(grant for grant in everything - by_stack["dev"] if grant[:2] not in NOT_SHOWN) == []
