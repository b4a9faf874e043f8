"""Request runs of a deployed stack, follow them, and fetch their reports.

A run is read where an operator reads it: from the journal and from the workflow's executions.
"""

import json
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from boto3.dynamodb.types import TypeDeserializer

from agent import event_types
from agent.harness.schema import (
    PARTITION_KEY,
    RUN_SORT_KEY,
    SORT_KEY,
    STEP_SORT_KEY_PREFIX,
    Attribute,
    Status,
    is_own_report,
)
from local.emulator.account import Account
from local.emulator.executions import Executions
from local.errors import LocalStackError
from local.schedules.firing import call

SOURCE = "local"
TERMINAL = frozenset({Status.COMPLETED, Status.FAILED, Status.CANCELLED})
# Statuses of a failed execution.
_FAILED = ("FAILED", "TIMED_OUT", "ABORTED")
_deserialize = TypeDeserializer().deserialize


@dataclass(frozen=True, kw_only=True)
class Run:
    """A run at one moment.

    Attributes:
        session_id: The run's id.
        item: The run's item in the journal; empty before the workflow has claimed the run.
        steps: The steps that the agent has recorded, oldest first.
        execution_status: Status of the workflow's execution, such as RUNNING; None before it has started.
        execution_error: Error and cause of the execution; None when it has not failed.
    """

    session_id: str
    item: Mapping[str, Any] = field(default_factory=dict)
    steps: tuple[Mapping[str, Any], ...] = ()
    execution_status: str | None = None
    execution_error: str | None = None

    @property
    def status(self) -> str:
        """The status in the journal, or FAILED when the workflow failed before it wrote one."""
        status = str(self.item.get(Attribute.STATUS, Status.PENDING))
        return Status.FAILED if self.has_ended and status not in TERMINAL else status

    @property
    def has_ended(self) -> bool:
        """Whether the workflow's execution has ended. It has announced the outcome by then."""
        return self.execution_status not in (None, "RUNNING")

    @property
    def error(self) -> str | None:
        """Why the run failed, in one line."""
        if message := self.item.get(Attribute.ERROR_MESSAGE):
            return f"{self.item.get(Attribute.ERROR_TYPE, 'Error')}: {message}"
        return self.execution_error


class Runs:
    """The runs of one deployed stack.

    Args:
        account: The account that holds the stack.
        outputs: The stack's outputs.
        reports: The directory for fetched reports.
    """

    def __init__(self, account: Account, outputs: Mapping[str, Any], *, reports: Path) -> None:
        self._account = account
        self.outputs = outputs
        self._reports = reports
        self._executions = Executions(account, outputs["state_machine_arn"])

    def fire(self, schedule: str | None = None) -> str:
        """Put the event of a deployed schedule on its bus, and return the run's session id.

        Args:
            schedule: The schedule's name in the settings; the first schedule when None.

        Raises:
            LocalStackError: The stack has no such schedule.
        """
        schedules = self.outputs["schedules"]
        name = schedule or next(iter(schedules), None)
        if name is None:
            raise LocalStackError("The stack has no schedules: give a prompt, or add a schedule to its settings")
        if name not in schedules:
            raise LocalStackError(f"The stack has no schedule {name!r}: choose one of {', '.join(schedules)}")
        target = self._account.client("scheduler").get_schedule(
            GroupName=self.outputs["schedule_group_name"], Name=schedules[name]
        )["Target"]
        return call(self._account, target)

    def request(self, prompt: str) -> str:
        """Put an event that requests a run on the stack's bus, and return the run's session id."""
        return self.publish(event_types.RUN_REQUESTED, {"prompt": prompt})

    def publish(self, detail_type: str, detail: Mapping[str, Any]) -> str:
        """Put an event on the stack's bus, and return the event's id."""
        event = {"Source": SOURCE, "DetailType": detail_type}
        bus = self.outputs["event_bus_name"]
        return call(self._account, {"Arn": bus, "EventBridgeParameters": event, "Input": json.dumps(detail)})

    def session_ids(self) -> list[str]:
        """Return the ids of all runs for which the workflow has started, oldest first."""
        return self._executions.session_ids()

    def read(self, session_id: str) -> Run:
        """Return the run as it is now."""
        # Read the journal last: when the execution has ended, the journal then holds everything that the run wrote.
        execution = self._executions.describe(session_id)
        items = self._items(session_id)
        status = execution.get("status")
        cause = f"{execution.get('error', status)}: {execution.get('cause', '')}"
        return Run(
            session_id=session_id,
            item=next((item for item in items if item[SORT_KEY] == RUN_SORT_KEY), {}),
            steps=tuple(item for item in items if item[SORT_KEY].startswith(STEP_SORT_KEY_PREFIX)),
            execution_status=status,
            execution_error=cause if status in _FAILED else None,
        )

    def watch(self, session_id: str, *, seconds: float, every: float = 0.1) -> Iterator[Run]:
        """Yield the run every `every` seconds until it has ended.

        Raises:
            TimeoutError: The run has not ended within `seconds`.
        """
        deadline = time.monotonic() + seconds
        while True:
            run = self.read(session_id)
            yield run
            if run.has_ended:
                return
            if time.monotonic() > deadline:
                raise TimeoutError(f"Run {session_id} is {run.status} and has not ended within {seconds:g} s")
            time.sleep(every)

    def wait(self, session_id: str, *, seconds: float = 60.0) -> Run:
        """Wait until the run has ended, and return it.

        Raises:
            TimeoutError: The run has not ended within `seconds`.
        """
        *_, run = self.watch(session_id, seconds=seconds)
        return run

    def fetch(self, run: Run) -> dict[str, Path]:
        """Copy a run's report files to `<reports>/<session id>/`, and return them by their names below the report.

        Raises:
            LocalStackError: The journal names a report that is not the run's own, or a name would lead out of this
                directory.
        """
        uri = str(run.item[Attribute.REPORT_URI])
        if not is_own_report(uri, bucket=self.outputs["report_bucket_name"], session_id=run.session_id):
            raise LocalStackError(f"Run {run.session_id} names the report {uri!r}, which is not its own: read its log")
        directory = self._reports / run.session_id
        directory.mkdir(parents=True, exist_ok=True)
        location = urlsplit(uri)
        prefix = location.path.lstrip("/").rsplit("/", 1)[0] + "/"
        s3 = self._account.client("s3")
        pages = s3.get_paginator("list_objects_v2").paginate(Bucket=location.netloc, Prefix=prefix)
        files = {}
        for key in (entry["Key"] for page in pages for entry in page.get("Contents", ())):
            name = key.removeprefix(prefix)
            path = (directory / name).resolve()
            if not path.is_relative_to(directory.resolve()):
                raise LocalStackError(f"Run {run.session_id} has left {key!r}, which is outside its report: rename it")
            path.parent.mkdir(parents=True, exist_ok=True)
            s3.download_file(location.netloc, key, str(path))
            files[name] = path
        return files

    def _items(self, session_id: str) -> list[dict[str, Any]]:
        query = self._account.client("dynamodb").get_paginator("query")
        pages = query.paginate(
            TableName=self.outputs["journal_table_name"],
            ConsistentRead=True,
            KeyConditionExpression=f"{PARTITION_KEY} = :session",
            ExpressionAttributeValues={":session": {"S": session_id}},
        )
        return [{name: _deserialize(value) for name, value in item.items()} for page in pages for item in page["Items"]]
