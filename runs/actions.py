"""Starts, cancels and repeats runs. Other programs with permission can send the same events and requests."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from agent import event_types
from runs.errors import ExitStatus, RunsError
from runs.execution import workflow_state
from runs.journal.run import Run
from runs.place.place import Place

SOURCE = "runs"
"""The source of the events that this package puts on the bus."""


class Actions:
    """What an operator can do to the runs of one agent.

    Args:
        place: The agent's place.
        operator: Who acts, for `requested_by`; for example `ana@laptop`.
    """

    def __init__(self, place: Place, *, operator: str) -> None:
        self._place = place
        self._operator = operator

    def start(self, prompt: str | None = None) -> str:
        """Ask for a run, and return its id.

        Args:
            prompt: What to ask the agent; the stack's default prompt if None.

        Raises:
            RunsError: The bus refuses the event.
        """
        detail = {"requested_by": self._operator} | ({"prompt": prompt} if prompt is not None else {})
        return self._put(SOURCE, event_types.RUN_REQUESTED, json.dumps(detail))

    def start_as_schedule(self, schedule: str) -> str:
        """Ask for the run that a schedule would ask for, now, with the schedule's prompt, and return its id.

        Raises:
            RunsError: There is no such schedule, or the bus refuses the event.
        """
        schedules: Mapping[str, str] = self._place.outputs.get("schedules", {})
        if schedule not in schedules:
            choice = f"choose one of {', '.join(schedules)}" if schedules else "the stack has none"
            raise RunsError(f"There is no schedule {schedule!r}: {choice}")
        target = self._place.client("scheduler").get_schedule(
            GroupName=self._place.outputs["schedule_group_name"], Name=schedules[schedule]
        )["Target"]
        detail = json.loads(target["Input"])
        # The operator asks, not the schedule: a schedule that was missed must not look as if it had run.
        return self._put(SOURCE, event_types.RUN_REQUESTED, json.dumps(detail | {"requested_by": self._operator}))

    def cancel(self, run: Run) -> None:
        """Ask to cancel a run. Its agent stops at the next heartbeat.

        Raises:
            RunsError: The run has ended, or the bus refuses the event.
        """
        if run.has_ended:
            raise RunsError(f"Run {run.session_id} is {run.status} already: there is nothing to cancel")
        detail = {"session_id": run.session_id, "requested_by": self._operator}
        self._put(SOURCE, event_types.CANCELLATION_REQUESTED, json.dumps(detail))

    def retry(self, run: Run) -> str:
        """Ask for the same work again, as a new run, and return its id.

        Raises:
            RunsError: The run has not ended, or the bus refuses the event.
        """
        if not run.has_ended:
            raise RunsError(f"Run {run.session_id} is still {run.status}: cancel it first, or wait for its end")
        detail = {"retry_of": run.session_id, "requested_by": self._operator}
        return self._put(SOURCE, event_types.RUN_REQUESTED, json.dumps(detail))

    def redrive(self, run: Run) -> str | None:
        """Let the run's workflow continue at the state at which it failed or was aborted, and return that state's name.

        Raises:
            RunsError: The run has no execution, or it cannot be redriven.
        """
        from botocore.exceptions import ClientError

        state = None if run.execution_arn is None else workflow_state(self._place, run.execution_arn)
        if state is None:
            raise RunsError(f"Run {run.session_id} has no execution to redrive", ExitStatus.NOT_FOUND)
        if state.kind == "Fail":
            short = run.session_id[:8]
            raise RunsError(f"The workflow of run {short} has done all its work: 'runs retry {short}' repeats the run")
        try:
            self._place.client("stepfunctions").redrive_execution(executionArn=run.execution_arn)
        except ClientError as error:
            if error.response["Error"]["Code"] != "ExecutionNotRedrivable":
                raise
            reason = error.response["Error"]["Message"]
            raise RunsError(f"Run {run.session_id} cannot be redriven ({reason}): use 'runs retry'") from error
        return state.name

    def _put(self, source: str, detail_type: str, detail: str) -> str:
        bus = self._place.outputs["event_bus_name"]
        entry = {"EventBusName": bus, "Source": source, "DetailType": detail_type, "Detail": detail}
        answer: Mapping[str, Any] = self._place.client("events").put_events(Entries=[entry])
        result = answer["Entries"][0]
        if answer["FailedEntryCount"]:
            raise RunsError(f"Bus {bus} refused the event: {result.get('ErrorMessage', result.get('ErrorCode'))}")
        return str(result["EventId"])
