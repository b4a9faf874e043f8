"""Execute a state machine state by state, against the journal's table in moto."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.components import asl

CONDITION_FAILED = "DynamoDB.ConditionalCheckFailedException"


@dataclass(kw_only=True)
class Execution:
    """One execution, which stands before the state `at`.

    Attributes:
        states: The state machine's states.
        client: The client of the table.
        table_name: The table, in place of the one that the definition names.
        clock: Returns the current time, in epoch seconds.
        at: The next state; empty when the execution has ended.
        known: The variables, without `$`.
        invoke: Called for each Lambda task with the function's name and its payload; returns the payload of the result.
        events: The details of all events that the execution has put on the bus.
    """

    states: Mapping[str, Any] = field(repr=False)
    client: Any
    table_name: str
    clock: Callable[[], float]
    at: str
    known: dict[str, Any]
    invoke: Callable[[str, Mapping[str, Any]], Any] = lambda _function, _payload: {}
    events: list[Mapping[str, Any]] = field(default_factory=list)

    def move(self) -> None:
        """Execute one state."""
        state = self.states[self.at]
        if state["Type"] == "Choice":
            self.at, assigned = asl.choose(state, self.known, now=self.clock())
            self.known |= assigned
        elif state["Type"] == "Wait":
            self.at = state["Next"]
        elif state["Type"] == "Task":
            self._do(state)
        else:
            self.at = ""

    def _do(self, task: Mapping[str, Any]) -> None:
        arguments = asl.evaluate(task["Arguments"], self.known, now=self.clock())
        try:
            result = self._call(task["Resource"].rpartition(":")[2], arguments)
        except self.client.exceptions.ConditionalCheckFailedException:
            catch = next(c for c in task["Catch"] if {CONDITION_FAILED, "States.ALL"} & set(c["ErrorEquals"]))
            self._go(catch, {"errorOutput": {"Error": CONDITION_FAILED}})
        else:
            self._go(task, {"result": result})

    def _call(self, operation: str, arguments: dict[str, Any]) -> Any:
        if operation == "updateItem":
            return self.client.update_item(**arguments | {"TableName": self.table_name})
        if operation == "getItem":
            return self.client.get_item(**arguments | {"TableName": self.table_name})
        if operation == "invoke":
            return {"Payload": self.invoke(arguments["FunctionName"], arguments["Payload"])}
        assert operation == "putEvents", operation
        self.events.extend(entry["Detail"] for entry in arguments["Entries"])
        return {}

    def _go(self, rule: Mapping[str, Any], states: Mapping[str, Any]) -> None:
        known = self.known | {"states": self.known.get("states", {}) | states}
        self.known |= asl.evaluate(rule.get("Assign", {}), known, now=self.clock())
        self.at = rule["Next"]
