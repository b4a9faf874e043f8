"""Request runs of a deployed stack as schedules and other systems do, and wait for their workflows.

Everything else is what operators use: `runs/`.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from agent import event_types
from agent.harness.schema import Status
from local.emulator.account import Account
from local.emulator.executions import Executions
from local.errors import LocalStackError
from local.schedules.firing import call
from runs.journal.reading import Journal
from runs.journal.run import TERMINAL, Run, Step
from runs.place.place import Place
from runs.report.reading import Reports

SOURCE = "local"
# Statuses of a failed execution.
_FAILED = ("FAILED", "TIMED_OUT", "ABORTED")
_LOOK_SECONDS = 0.1


@dataclass(frozen=True, kw_only=True)
class WorkflowRun:
    """A run with its workflow at one moment.

    Attributes:
        session_id: The run's id.
        run: The run; None before the workflow has claimed it.
        steps: The steps that the agent has recorded, oldest first.
        execution_status: Status of the workflow's execution, such as RUNNING; None before it has started.
        execution_error: Error and cause of the execution; None when it has not failed.
    """

    session_id: str
    run: Run | None
    steps: Sequence[Step]
    execution_status: str | None
    execution_error: str | None

    @property
    def item(self) -> Mapping[str, Any]:
        """The run's item in the journal; empty before the workflow has claimed the run."""
        return self.run.item if self.run else {}

    @property
    def status(self) -> str:
        """The status in the journal, or FAILED when the workflow failed before it wrote one."""
        status = self.run.status if self.run else Status.PENDING
        return Status.FAILED if self.has_ended and status not in TERMINAL else status

    @property
    def has_ended(self) -> bool:
        """Whether the workflow's execution has ended. It has announced the outcome by then."""
        return self.execution_status not in (None, "RUNNING")

    @property
    def error(self) -> str | None:
        """Why the run failed, in one line."""
        if self.run is not None and self.run.error_message:
            return f"{self.run.error_type or 'Error'}: {self.run.error_message}"
        return self.execution_error


class Runs:
    """The runs of one deployed stack.

    Args:
        account: The account that holds the stack.
        place: The agent's place.
        reports: The directory for fetched reports.
    """

    def __init__(self, account: Account, place: Place, *, reports: Path) -> None:
        self._account = account
        self.place = place
        self._journal = Journal(place)
        self._reports = reports
        self._executions = Executions(account, place.outputs["state_machine_arn"])

    def fire(self, schedule: str | None = None) -> str:
        """Put the event of a deployed schedule on its bus, and return the run's session id.

        Args:
            schedule: The schedule's name in the settings; the first schedule when None.

        Raises:
            LocalStackError: The stack has no such schedule.
        """
        schedules = self.place.outputs["schedules"]
        name = schedule or next(iter(schedules), None)
        if name is None:
            raise LocalStackError("The stack has no schedules: give a prompt, or add a schedule to its settings")
        if name not in schedules:
            raise LocalStackError(f"The stack has no schedule {name!r}: choose one of {', '.join(schedules)}")
        target = self._account.client("scheduler").get_schedule(
            GroupName=self.place.outputs["schedule_group_name"], Name=schedules[name]
        )["Target"]
        return call(self._account, target)

    def request(self, prompt: str) -> str:
        """Put an event that requests a run on the stack's bus, and return the run's session id."""
        return self.publish(event_types.RUN_REQUESTED, {"prompt": prompt})

    def publish(self, detail_type: str, detail: Mapping[str, Any]) -> str:
        """Put an event on the stack's bus, and return the event's id."""
        event = {"Source": SOURCE, "DetailType": detail_type}
        bus = self.place.outputs["event_bus_name"]
        return call(self._account, {"Arn": bus, "EventBridgeParameters": event, "Input": json.dumps(detail)})

    def session_ids(self) -> list[str]:
        """Return the ids of all runs for which the workflow has started, oldest first."""
        return self._executions.session_ids()

    def read(self, session_id: str) -> WorkflowRun:
        """Return the run as it is now."""
        # Read the journal last: when the execution has ended, the journal then holds everything that the run wrote.
        execution = self._executions.describe(session_id)
        status = execution.get("status")
        cause = f"{execution.get('error', status)}: {execution.get('cause', '')}"
        return WorkflowRun(
            session_id=session_id,
            steps=self._journal.steps(session_id),
            run=self._journal.find(session_id),
            execution_status=status,
            execution_error=cause if status in _FAILED else None,
        )

    def watch(self, session_id: str, *, seconds: float) -> Iterator[WorkflowRun]:
        """Yield the run again and again until its workflow has ended.

        Raises:
            TimeoutError: The workflow has not ended within `seconds`.
        """
        deadline = time.monotonic() + seconds
        while True:
            run = self.read(session_id)
            yield run
            if run.has_ended:
                return
            if time.monotonic() > deadline:
                raise _too_late(run, seconds)
            time.sleep(_LOOK_SECONDS)

    def wait(self, session_id: str, *, seconds: float = 60.0) -> WorkflowRun:
        """Wait until the run's workflow has ended, and return the run.

        Raises:
            TimeoutError: The workflow has not ended within `seconds`.
        """
        deadline = time.monotonic() + seconds
        # Only the execution: to read the run and its steps each time costs more than most runs.
        while self._executions.describe(session_id).get("status") in (None, "RUNNING"):
            if time.monotonic() > deadline:
                raise _too_late(self.read(session_id), seconds)
            time.sleep(_LOOK_SECONDS)
        return self.read(session_id)

    def fetch(self, run: WorkflowRun) -> dict[str, Path]:
        """Copy a run's report files to `<reports>/<session id>/`, and return them by their names below the report.

        Raises:
            RunsError: The run has no report of its own, or a name would lead out of this directory.
        """
        assert run.run is not None, "only a run in the journal has a report"
        directory = self._reports / run.session_id
        paths = Reports(self.place).save(run.run, directory)
        return {path.relative_to(directory).as_posix(): path for path in paths}


def _too_late(run: WorkflowRun, seconds: float) -> TimeoutError:
    return TimeoutError(f"Run {run.session_id} is {run.status} and has not ended within {seconds:g} s")
