"""The credentials of an agent: AgentCore assumes the execution role that the runtime declares."""

import fnmatch
import json
import threading
from collections.abc import Mapping
from typing import Any

from local import processes
from local.emulator.account import Account
from local.errors import LocalStackError

SERVICE = "bedrock-agentcore.amazonaws.com"

# The longest lifetime of a session, so that a run never outlives its credentials.
_DURATION_SECONDS = 8 * 60 * 60


class ExecutionRoles:
    """Assumes execution roles as the AgentCore service does.

    A role has the conditions `aws:SourceAccount` and `aws:SourceArn`: the service may assume it only for this account
    and runtime. MiniStack does not support these conditions, so they are checked here. Afterwards the role is changed
    to trust the root user too, so that the root user can assume it.
    """

    def __init__(self, account: Account) -> None:
        self._account = account
        self._trusting: set[str] = set()
        self._lock = threading.Lock()

    def environment(self, role_arn: str, *, runtime_arn: str, session_name: str) -> dict[str, str]:
        """Return the environment variables that give a process of this runtime the role's credentials.

        Raises:
            LocalStackError: The role does not trust AgentCore for this runtime.
        """
        with self._lock:
            if role_arn not in self._trusting:
                self._make_trust_root(role_arn, runtime_arn)
                self._trusting.add(role_arn)
        credentials = self._account.client("sts").assume_role(
            RoleArn=role_arn, RoleSessionName=session_name[:64], DurationSeconds=_DURATION_SECONDS
        )["Credentials"]
        return processes.aws_environment(
            endpoint=self._account.endpoint,
            region=self._account.region,
            access_key=credentials["AccessKeyId"],
            secret_key=credentials["SecretAccessKey"],
            token=credentials["SessionToken"],
        )

    def _make_trust_root(self, role_arn: str, runtime_arn: str) -> None:
        iam = self._account.client("iam")
        name = role_arn.rsplit("/", 1)[-1]
        trust = iam.get_role(RoleName=name)["Role"]["AssumeRolePolicyDocument"]
        if not trusts(trust, account_id=self._account.account_id, runtime_arn=runtime_arn):
            raise LocalStackError(
                f"Role {name} does not allow {SERVICE} to assume it for {runtime_arn}: correct its trust policy"
            )
        root = {
            "Effect": "Allow",
            "Principal": {"AWS": f"arn:aws:iam::{self._account.account_id}:root"},
            "Action": "sts:AssumeRole",
        }
        iam.update_assume_role_policy(
            RoleName=name, PolicyDocument=json.dumps({**trust, "Statement": [*trust["Statement"], root]})
        )


def trusts(trust: Mapping[str, Any], *, account_id: str, runtime_arn: str) -> bool:
    """Return whether a trust policy allows AgentCore to assume the role for a runtime of an account."""
    context = {"aws:sourceaccount": account_id, "aws:sourcearn": runtime_arn}
    return any(
        statement["Effect"] == "Allow"
        and SERVICE in _list(statement["Principal"].get("Service", []))
        and "sts:AssumeRole" in _list(statement["Action"])
        and all(
            any(fnmatch.fnmatchcase(context.get(key.lower(), ""), pattern) for pattern in _list(patterns))
            for keys in statement.get("Condition", {}).values()
            for key, patterns in keys.items()
        )
        for statement in trust["Statement"]
    )


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
