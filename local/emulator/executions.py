"""The executions of a workflow in the emulated account, by the run that each one is for."""

import json
from collections.abc import Mapping
from typing import Any

from local.emulator.account import Account


class Executions:
    """The executions of one state machine. A run's execution is its oldest one: only that one can have claimed the run.

    Args:
        account: The account that holds the state machine.
        state_machine_arn: ARN of the state machine.
    """

    def __init__(self, account: Account, state_machine_arn: str) -> None:
        self._account = account
        self._state_machine_arn = state_machine_arn
        self._arns: dict[str, str] = {}
        self._seen: set[str] = set()

    def session_ids(self) -> list[str]:
        """Return the ids of all runs for which the workflow has started, oldest first."""
        self._find_new()
        return list(self._arns)

    def describe(self, session_id: str) -> Mapping[str, Any]:
        """Return the description of a run's execution; empty before it has started."""
        if session_id not in self._arns:
            self._find_new()
        arn = self._arns.get(session_id)
        return dict(self._account.client("stepfunctions").describe_execution(executionArn=arn)) if arn else {}

    def _find_new(self) -> None:
        machines = self._account.client("stepfunctions")
        pages = machines.get_paginator("list_executions").paginate(stateMachineArn=self._state_machine_arn)
        executions = [entry for page in pages for entry in page["executions"]]
        for entry in sorted(executions, key=lambda entry: entry["startDate"]):
            arn = entry["executionArn"]
            if arn not in self._seen:
                self._seen.add(arn)
                execution = machines.describe_execution(executionArn=arn)
                self._arns.setdefault(json.loads(execution["input"])["id"], arn)
