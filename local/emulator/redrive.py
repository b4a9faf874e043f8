"""Redrives executions, which MiniStack does not: an execution continues at the state at which it ended.

As on AWS, that state gets the same input and variables and all its retries, and the execution keeps its ARN, definition
and history. https://docs.aws.amazon.com/step-functions/latest/dg/redrive-executions.html
"""

import contextvars
import copy
import json
import threading
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from ministack.core.responses import error_response_json, json_response, now_iso  # type: ignore[import-untyped]
from ministack.services import stepfunctions as engine  # type: ignore[import-untyped]

_REDRIVABLE = timedelta(days=14)
_MOST_EVENTS = 24_998
# The functions of these states take the execution too.
_WITH_EXECUTION = ("Task", "Parallel", "Map")
_STATES = ("pass", "choice", "wait", *(kind.lower() for kind in _WITH_EXECUTION))

_Execution = dict[str, Any]
_handle: Callable[..., Any] = engine.handle_request
_run: Callable[[str], None] = engine._run_execution
_describe: Callable[..., Any] = engine._describe_execution


def install() -> None:
    """Let MiniStack redrive executions."""
    engine.handle_request = _handle_as_aws
    engine._run_execution = _run_and_keep_definition
    engine._describe_execution = _describe_as_aws
    for state in _STATES:
        setattr(engine, f"_execute_{state}", _keeping_variables(getattr(engine, f"_execute_{state}")))


def refusal(execution: Mapping[str, Any], now: datetime) -> str | None:
    """Return why an execution cannot be redriven, in the words of DescribeExecution; None if it can be."""
    if execution["status"] in ("RUNNING", "SUCCEEDED"):
        return f"Execution is {execution['status']} and cannot be redriven"
    if len(execution["events"]) > _MOST_EVENTS:
        return "Execution history event limit exceeded"
    if now - datetime.fromisoformat(execution["stopDate"]) > _REDRIVABLE:
        return "Execution redrivable period exceeded"
    return None


async def _handle_as_aws(method: str, path: str, headers: Mapping[str, str], body: bytes, query: Any) -> Any:
    if headers.get("x-amz-target", "").endswith(".RedriveExecution"):
        return engine._finalize_response(_redrive(json.loads(body)))
    return await _handle(method, path, headers, body, query)


def _run_and_keep_definition(arn: str) -> None:
    execution = engine._executions[arn]
    execution["definition"] = engine._state_machines[execution["stateMachineArn"]]["definition"]
    _run(arn)


def _keeping_variables(execute: Callable[..., Any]) -> Callable[..., Any]:
    def executed(*arguments: Any) -> Any:
        *_, context = arguments
        if execution := engine._executions.get(context["Execution"]["Id"]):
            execution["variables"] = copy.deepcopy(context["variables"])
        return execute(*arguments)

    return executed


def _describe_as_aws(request: Mapping[str, Any]) -> Any:
    status, headers, body = _describe(request)
    execution = engine._executions.get(request["executionArn"])
    if execution is None:
        return status, headers, body
    reason = refusal(execution, datetime.now(UTC))
    described = {"redriveCount": 0, **json.loads(body), "redriveStatus": "NOT_REDRIVABLE" if reason else "REDRIVABLE"}
    described |= {name: execution[name] for name in ("redriveCount", "redriveDate") if name in execution}
    return json_response(described | ({"redriveStatusReason": reason} if reason else {}))


def _redrive(request: Mapping[str, Any]) -> Any:
    arn, token = request["executionArn"], request["clientToken"]
    execution = engine._executions.get(arn)
    if execution is None:
        return error_response_json("ExecutionDoesNotExist", f"Execution Does Not Exist: '{arn}'", 400)
    if token == execution.get("redriveToken"):  # the same request again: its response was lost
        return json_response({"redriveDate": execution["redriveDate"]})
    if reason := refusal(execution, datetime.now(UTC)):
        return error_response_json("ExecutionNotRedrivable", reason, 400)
    # A new record: the thread of an aborted execution keeps the old one, and ends with its state.
    redriven = execution | {
        "status": "RUNNING",
        **dict.fromkeys(("stopDate", "output", "error", "cause")),
        "redriveCount": execution.get("redriveCount", 0) + 1,
        "redriveDate": now_iso(),
        "redriveToken": token,
        "events": [*execution["events"]],
    }
    engine._executions[arn] = redriven
    details = {"executionRedrivenEventDetails": {"redriveCount": redriven["redriveCount"]}}
    engine._add_event(redriven, "ExecutionRedriven", details)
    engine._emit_execution_status_event(redriven)
    threading.Thread(target=contextvars.copy_context().run, args=(_continue, redriven), daemon=True).start()
    return json_response({"redriveDate": redriven["redriveDate"]})


def _continue(execution: _Execution) -> None:
    definition = json.loads(execution["definition"])
    entered = (
        event["stateEnteredEventDetails"] for event in execution["events"] if "stateEnteredEventDetails" in event
    )
    *_, last = {"name": definition["StartAt"], "input": execution["input"]}, *entered
    try:
        output = _walk(execution, definition, last["name"], json.loads(last["input"]))
    except engine._ExecutionError as error:
        engine._fail_execution(execution, error.error, error.cause)
    except Exception as error:  # noqa: BLE001 (as in MiniStack: the execution must not run for ever)
        engine._fail_execution(execution, "States.Runtime", str(error))
    else:
        if execution["status"] == "RUNNING":
            text = json.dumps(output)
            execution |= {"status": "SUCCEEDED", "output": text, "stopDate": now_iso()}
            engine._add_event(execution, "ExecutionSucceeded", {"executionSucceededEventDetails": {"output": text}})
            engine._emit_execution_status_event(execution)


def _walk(execution: _Execution, definition: Mapping[str, Any], name: str | None, given: Any) -> Any:
    """Execute states from one on, until the execution ends, and return the last output.

    AWS does not document whether the first state is entered again in the history. Here it is not.
    """
    context = _context(execution, definition)
    is_first = True
    while name and execution["status"] == "RUNNING":
        state = definition["States"][name]
        kind = state["Type"]
        context["State"] = {"Name": name, "EnteredTime": now_iso(), "RetryCount": 0}
        if not is_first:
            details = {"name": name, "input": json.dumps(given)}
            engine._add_event(execution, f"{kind}StateEntered", {"stateEnteredEventDetails": details})
        given, following = _execute(kind, state, given, execution, context)
        details = {"name": name, "output": json.dumps(given)}
        engine._add_event(execution, f"{kind}StateExited", {"stateExitedEventDetails": details})
        name, is_first = following, False
    return given


def _execute(
    kind: str, state: Mapping[str, Any], given: Any, execution: _Execution, context: dict[str, Any]
) -> tuple[Any, str | None]:
    """Execute one state, and return its output and the name of the next one."""
    if kind == "Fail":
        raise engine._ExecutionError(*engine._fail_state_error(state, given, context))
    if kind == "Succeed":
        return engine._apply_output_path(state, engine._apply_input_path(state, given, context), context), None
    more = [execution] if kind in _WITH_EXECUTION else []
    output, following = getattr(engine, f"_execute_{kind.lower()}")(state, given, *more, context)
    return output, following


def _context(execution: _Execution, definition: Mapping[str, Any]) -> dict[str, Any]:
    machine = execution["stateMachineArn"]
    return {
        "QueryLanguage": definition.get("QueryLanguage", "JSONPath"),
        "Execution": {
            "Id": execution["executionArn"],
            "Input": json.loads(execution["input"]),
            "Name": execution["name"],
            "StartTime": execution["startDate"],
            "RedriveCount": execution["redriveCount"],
            "RedriveTime": execution["redriveDate"],
        },
        "StateMachine": {"Id": machine, "Name": machine.rpartition(":")[2]},
        "variables": copy.deepcopy(execution.get("variables", {})),
    }
