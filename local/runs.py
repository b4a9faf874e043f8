"""What becomes of a run, read from where any operator would read it: the journal and the workflow's executions."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from boto3.dynamodb.types import TypeDeserializer

from agent.harness.schema import PARTITION_KEY, RUN_SORT_KEY, SORT_KEY, Status
from local.emulator.account import Account

TERMINAL = frozenset({Status.COMPLETED, Status.FAILED, Status.CANCELLED})

_deserialize = TypeDeserializer().deserialize


@dataclass(frozen=True, kw_only=True)
class Run:
    """A run at one moment.

    Attributes:
        session_id: The run's id.
        item: The run's item in the journal; empty before it is claimed.
        steps: What the agent has done so far, each an item of the journal.
        execution_status: Of the workflow's execution, such as RUNNING; None before it has started.
        execution_error: Why the execution failed, if it did.
    """

    session_id: str
    item: Mapping[str, Any] = field(default_factory=dict)
    steps: tuple[Mapping[str, Any], ...] = ()
    execution_status: str | None = None
    execution_error: str | None = None

    @property
    def status(self) -> str:
        """The journal's status; FAILED also where the workflow failed before it could write one."""
        status = str(self.item.get("status", Status.PENDING))
        return Status.FAILED if self.has_ended and status not in TERMINAL else status

    @property
    def has_ended(self) -> bool:
        """Whether the workflow has come to its end, the outcome's announcement included."""
        return self.execution_status not in (None, "RUNNING")

    @property
    def error(self) -> str | None:
        """Why the run failed, in one line."""
        if message := self.item.get("error_message"):
            return f"{self.item.get('error_type', 'Error')}: {message}"
        return self.execution_error


class Runs:
    """Reads runs of one deployed stack.

    Args:
        account: The account it is deployed in.
        outputs: The stack's outputs.
    """

    def __init__(self, account: Account, outputs: Mapping[str, Any]) -> None:
        self._dynamodb = account.client("dynamodb")
        self._machines = account.client("stepfunctions")
        self._table = outputs["journal_table_name"]
        self._machine = outputs["state_machine_arn"]
        self._executions: dict[str, str] = {}
        self._described: set[str] = set()

    def read(self, session_id: str) -> Run:
        """Returns the run as it is now."""
        execution = self._execution(session_id)
        # The execution first, the journal after it: a run that has ended then shows all that it has written.
        items = self._items(session_id)
        failure = execution.get("status") in ("FAILED", "TIMED_OUT", "ABORTED")
        return Run(
            session_id=session_id,
            item=next((item for item in items if item[SORT_KEY] == RUN_SORT_KEY), {}),
            steps=tuple(item for item in items if item[SORT_KEY].startswith("STEP#")),
            execution_status=execution.get("status"),
            execution_error=f"{execution.get('error', execution['status'])}: {execution.get('cause', '')}"
            if failure
            else None,
        )

    def _items(self, session_id: str) -> list[dict[str, Any]]:
        pages = self._dynamodb.get_paginator("query").paginate(
            TableName=self._table,
            ConsistentRead=True,
            KeyConditionExpression="#key = :session",
            ExpressionAttributeNames={"#key": PARTITION_KEY},
            ExpressionAttributeValues={":session": {"S": session_id}},
        )
        return [{name: _deserialize(value) for name, value in item.items()} for page in pages for item in page["Items"]]

    def _execution(self, session_id: str) -> dict[str, Any]:
        """Describes the execution that has the run: of two for one event, the one that claimed it is the older."""
        if (known := self._executions.get(session_id)) is not None:
            return dict(self._machines.describe_execution(executionArn=known))
        pages = self._machines.get_paginator("list_executions").paginate(stateMachineArn=self._machine)
        for listed in sorted(
            (entry for page in pages for entry in page["executions"]), key=lambda entry: entry["startDate"]
        ):
            arn = listed["executionArn"]
            if arn in self._described:
                continue
            self._described.add(arn)
            execution = self._machines.describe_execution(executionArn=arn)
            found = json.loads(execution["input"])["session_id"]
            self._executions.setdefault(found, arn)
            if found == session_id:
                return dict(execution)
        return {}
