"""No expression of a state machine fails if a member of its data is missing or null.

Step Functions ends an execution whose expression raises an error or has no value. Each expression of each definition
is evaluated once with all of its data, then with each member missing and with each member null. The reference
implementation of JSONata, in the version that Step Functions supports, must agree with the one in Python.
"""

import copy
import functools
import json
import re
from collections.abc import Iterator
from typing import Any, NamedTuple

import jlens
import pytest

from agent.harness.schema import Attribute
from components.workflow.definitions.cancellation import cancellation_definition
from components.workflow.definitions.schedule_watch import schedule_watch_definition
from tests.components import asl
from tests.components.workflow import jsonata_reference
from tests.components.workflow.definitions.machines import NOW, STATES
from tests.components.workflow.jsonata_reference import Expression

MACHINES = {
    "run": STATES,
    "cancellation": cancellation_definition(table_name="journal")["States"],
    "schedule watch": schedule_watch_definition(table_name="journal")["States"],
}
RUN = {
    **dict.fromkeys(map(str, Attribute), "text"),
    **dict.fromkeys(("lease_expires_at", "cancel_requested_at", "expected_end_at", "deadline_at"), NOW),
    "status": "BUSY",
    "attempt": 1,
    "changed": True,
}
ITEM = {
    **{name: {"N": str(value)} if isinstance(value, float | int) else {"S": value} for name, value in RUN.items()},
    "changed": {"BOOL": True},
    "session_id": {"S": "text"},
    "runs": {"SS": ["1 text"], "Ss": ["1 text"]},
}
KNOWN = {
    "states": {
        "input": {
            "id": "s" * 36,
            "time": "2026-01-01T00:00:00Z",
            "source": "cli",
            "detail": {"session_id": "s" * 36, "prompt": "look", "requested_by": "ann", "retry_of": "s" * 36},
            **dict.fromkeys(("patience_seconds", "earlier_seconds"), 60),
            "requested_by": "schedule/daily",
            "Count": 0,
            "LastEvaluatedKey": {"PK": {"S": "x"}},
        },
        "result": {
            "Item": ITEM,
            "Attributes": ITEM,
            "Payload": {"outcome": "rejected", "error_type": "ValueError", "error_message": "no"},
            "LastEvaluatedKey": {"PK": {"S": "x"}},
        },
        "errorOutput": {"Error": "Lambda.AWSLambdaException", "Cause": "Status Code: 403"},
        "context": {"Execution": {"Id": "arn:e", "StartTime": "2026-01-01T00:00:00Z"}},
    },
    "run": RUN,
    "failure": {"error_type": "AgentLost", "error_message": "The agent stopped responding."},
    "values": {":requested_by": {"S": "schedule/daily"}, ":due": {"S": "2026-01-01T00:00:00Z"}},
    **dict.fromkeys(("attempt", "accepted_attempt", "throttles", "looks"), 1),
    **dict.fromkeys(("deadline_at", "accepted_at", "wait_seconds"), NOW),
    **dict.fromkeys(("has_waited", "is_claimed", "cancelled", "is_live", "is_full"), False),
    **dict.fromkeys(("session_id", "requested_at", "prompt", "problem", "start_error"), "text"),
    **dict.fromkeys(("schedule", "current_run", "retry_of"), "text"),
    "next_page": {},
    "expired": ["1 text"],
}
# Data from outside, and what the workflow read of it.
OPTIONAL = ("states.input.detail", "states.input.LastEvaluatedKey", "states.result", "states.errorOutput", "run")
# What cannot be missing there, because the state itself or the rule before it has seen to it.
SURE = {
    "ClaimRun Assign": {f"states.result.Attributes{end}" for end in ("", ".deadline_at", ".deadline_at.N")},
    "CheckRequest Assign": {"states.input.detail", "states.input.detail.session_id"},
    "TakeOver Arguments": {"run.status"},
    "RunCompleted Output": {"run.status"},
    "RunCancelled Output": {"run.status"},
}


class Case(NamedTuple):
    """An expression of a state, and the variables that it is evaluated with."""

    place: str
    expression: str
    variables: dict[str, Any]


def paths(expression: str) -> set[str]:
    """Return the members that an expression reads and that may be missing, with those around them."""
    found = set()
    for path in re.findall(r"\$(\w+(?:\.\w+)+)", expression):
        parts = path.split(".")
        found |= {".".join(parts[:end]) for end in range(2, len(parts) + 1)}
    return {path for path in found if path.startswith(OPTIONAL) and path not in ("states.result", "states.errorOutput")}


def variants() -> Iterator[dict[str, Any]]:
    """Yield the variables for each kind of answer that lets another part of an expression count."""
    for status, outcome in [("PENDING", "accepted"), ("BUSY", "rejected"), ("COMPLETED", "throttled")]:
        variables = copy.deepcopy(KNOWN)
        variables["run"]["status"] = status
        variables["states"]["result"]["Payload"]["outcome"] = outcome
        yield variables


def changed(known: dict[str, Any], path: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the variables without a member, and with each form of null in its place."""
    *around, last = path.split(".")
    # CheckRun gives $run no null, and in DynamoDB a null is an attribute of its own.
    forms = ["missing"] if path.startswith("run.") else ["missing", "null", *(["NULL"] if ".Item." in path else [])]
    for form in forms:
        variables = copy.deepcopy(known)
        node: Any = variables
        for name in around:
            node = node[name]
        assert last in node, f"add {path} to the variables"
        if form == "missing":
            del node[last]
        else:
            node[last] = {"NULL": True} if form == "NULL" else None
        yield form, variables


def fields(state: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield the expressions of a state, each with the field that has it."""
    for rule in [state, *state.get("Choices", []), *state.get("Catch", [])]:
        for field, value in rule.items():
            if field not in ("Choices", "Catch"):
                yield from ((field, expression) for expression in asl.expressions(value))


@functools.cache
def cases() -> list[Case]:
    return list(_cases())


def _cases() -> Iterator[Case]:
    for machine, states in MACHINES.items():
        for name, state in states.items():
            for field, expression in fields(state):
                place = f"{name} {field}"
                for known in variants():
                    yield Case(f"{machine}: {place}: complete", expression, known)
                    for path in sorted(paths(expression) - SURE.get(place, set())):
                        for form, variables in changed(known, path):
                            yield Case(f"{machine}: {place}: {path} {form}", expression, variables)


def in_python(case: Case) -> dict[str, Any]:
    bindings = {**case.variables, "millis": lambda: NOW * 1000, "random": lambda: 0.5}
    try:
        text = asl.expression(case.expression).evaluate_json(None, bindings)
    except jlens.JlensError as error:
        return {"error": str(error)}
    return {} if text is None else {"value": json.loads(text)}


def failures(results: list[dict[str, Any]]) -> list[str]:
    """Return the cases whose expression has raised an error, has no value, or is a condition but no boolean."""
    return [
        f"{case.place}: {case.expression[:100]}: {result}"
        for case, result in zip(cases(), results, strict=True)
        if "value" not in result or ("Condition" in case.place and not isinstance(result["value"], bool))
    ]


@pytest.fixture(scope="module")
def python() -> list[dict[str, Any]]:
    return [in_python(case) for case in cases()]


def test_every_expression_has_a_value_whatever_is_missing(python: list[dict[str, Any]]) -> None:
    assert len(cases()) > 200
    assert failures(python) == []


@pytest.mark.slow
def test_the_reference_implementation_agrees(python: list[dict[str, Any]]) -> None:
    reference = jsonata_reference.evaluate(Expression(case.expression, case.variables, NOW) for case in cases())

    assert failures(reference) == []
    assert [(c, p, r) for c, p, r in zip(cases(), python, reference, strict=True) if p != r] == []
