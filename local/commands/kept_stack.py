"""A stack that is kept after its run: what it has, what to try, and the runs that are requested from outside."""

import json
import shlex
import time
from collections.abc import Mapping
from typing import Any

from agent import event_types
from local.commands.progress import RunProgress
from local.runs import Runs
from local.stack import LocalStack
from local.terminal.console import Console, relative

_EXAMPLE_PROMPT = "wait 30: Which functions can be deleted?"
_EVENT_ID = "<EventId>"
_EVERY_SECONDS = 0.3

_NAMES = {
    "event bus": "event_bus_name",
    "workflow": "state_machine_arn",
    "journal": "journal_table_name",
    "reports": "report_bucket_name",
}


def environment(stack: LocalStack) -> dict[str, str]:
    """Return the environment variables with which any AWS SDK or CLI uses the stack."""
    return stack.emulator.account.environment() | {"AWS_ENDPOINT_URL_BEDROCK_AGENTCORE": stack.data_plane.endpoint}


def names(stack: LocalStack) -> dict[str, str]:
    """Return the names of what people use first, by what they are."""
    return {what: str(stack.runs.outputs[output]) for what, output in _NAMES.items()}


def examples(stack: LocalStack) -> dict[str, str]:
    """Return AWS CLI commands to try, by what they do."""
    outputs = stack.runs.outputs
    bus = outputs["event_bus_name"]
    machine = shlex.quote(outputs["state_machine_arn"])
    values = shlex.quote(json.dumps({":id": {"S": _EVENT_ID}}))
    return {
        "Request a run that takes 30 seconds. The EventId of the response is its session id": _put_event(
            bus, event_types.RUN_REQUESTED, {"prompt": _EXAMPLE_PROMPT}
        ),
        "List the runs": f"aws stepfunctions list-executions --state-machine-arn {machine}",
        "Show a run with its steps": f"aws dynamodb query --table-name {outputs['journal_table_name']} "
        f"--key-condition-expression 'PK = :id' --expression-attribute-values {values}",
        "Cancel a run": _put_event(bus, event_types.CANCELLATION_REQUESTED, {"session_id": _EVENT_ID}),
    }


def describe(stack: LocalStack, console: Console) -> None:
    """Print what exists, how to use it from another terminal, and what to try."""
    console.text("\nThe stack runs until Ctrl-C. It has:\n")
    for what, name in (names(stack) | {"logs": str(relative(stack.logs))}).items():
        console.verbatim(f"  {what:<9}  {name}")
    console.text("\nTo use it from another terminal:\n")
    for name, value in environment(stack).items():
        console.verbatim(f"  export {name}={shlex.quote(value)}")
    console.verbatim("  unset AWS_PROFILE AWS_SESSION_TOKEN")
    console.text("\nTo try there, with the AWS CLI (version 2.13 or later):")
    for what, command in examples(stack).items():
        console.text(f"\n  {what}:")
        console.verbatim(f"  {command}")
    console.text("\nNew runs appear here:\n")


def follow_new_runs(runs: Runs, console: Console) -> None:
    """Print every run that is requested from now on. Never return."""
    followed: dict[str, RunProgress] = {}
    ended = set(runs.session_ids())
    while True:
        for session_id in runs.session_ids():
            if session_id in ended:
                continue
            if session_id not in followed:
                console.line(f"run     {session_id}")
                followed[session_id] = RunProgress(console, session_id)
            run = runs.read(session_id)
            followed[session_id].print(run)
            if run.has_ended:
                ended.add(session_id)
                console.line(f"run     {session_id} is {run.status}; workflow {run.execution_status}")
        time.sleep(_EVERY_SECONDS)


def document(stack: LocalStack) -> Mapping[str, Any]:
    """Return the same for JSON output."""
    return {"environment": environment(stack), "outputs": dict(stack.outputs), "logs": str(stack.logs)}


def _put_event(bus: str, detail_type: str, detail: Mapping[str, str]) -> str:
    entry = {"EventBusName": bus, "Source": "me", "DetailType": detail_type, "Detail": json.dumps(detail)}
    return f"aws events put-events --entries {shlex.quote(json.dumps([entry]))}"
