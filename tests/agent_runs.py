"""The roles of a deployed stack, and runs of the agent under copies of its role."""

from __future__ import annotations

import copy
import json
import uuid
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from agent.harness.schema import PARTITION_KEY, RUN_SORT_KEY, SORT_KEY, Attribute, Status
from local import processes
from local.stack import LocalStack
from tests import agent_process

# The second region that a second attempt analyses.
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
