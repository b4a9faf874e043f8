"""Faults that disturb one requested run.

Each fault declares which ends it allows. A run should survive it; where that is impossible, it must report the error.
A fault that comes too late for its run raises `MissedMomentError`.
"""

import contextlib
import json
import os
import random
import signal
import time

from agent import event_types
from agent.harness.payload import StartPayload
from tests.faults.agent import KEY
from tests.faults.fault import Fault
from tests.faults.model_faults import MODEL_FAULTS
from tests.faults.scene import MissedMomentError
from tests.faults.storms import AWS


def kill(scene, session_id, rng):
    """Kill the agent with SIGKILL at a random moment of the work."""
    scene.wait_for_status(session_id, "BUSY")
    time.sleep(rng.uniform(0, 1))
    _signal(scene.pid(session_id), signal.SIGKILL)


def kill_before_it_begins(scene, session_id, _rng):
    """Kill the agent with SIGKILL before it begins."""
    scene.wait_for(session_id, lambda _: _has_process(scene, session_id), "a process was there")
    _signal(scene.pid(session_id), signal.SIGKILL)


def terminate(scene, session_id, rng):
    """Terminate the agent with SIGTERM at a random moment of the work."""
    scene.wait_for_status(session_id, "BUSY")
    time.sleep(rng.uniform(0, 1))
    _signal(scene.pid(session_id), signal.SIGTERM)


def stop_session(scene, session_id, _rng):
    """Stop the session with StopRuntimeSession during the work."""
    scene.wait_for_status(session_id, "BUSY")
    arn = scene.stack.outputs["agent_runtime_arn"]
    client = _agentcore(scene)
    try:
        client.stop_runtime_session(agentRuntimeArn=arn, runtimeSessionId=session_id, qualifier="DEFAULT")
    except (client.exceptions.ResourceNotFoundException, client.exceptions.RetryableConflictException) as error:
        raise MissedMomentError("the session was stopped by the workflow") from error


def suspend_until_taken_over(scene, session_id, _rng):
    """Suspend the agent until its run is taken over, then resume it: it is a zombie."""
    scene.wait_for_status(session_id, "BUSY")
    zombie = scene.pid(session_id)
    _signal(zombie, signal.SIGSTOP)
    scene.wait_for(session_id, lambda item: int(item["attempt"]) > 1, "it was taken over")
    _signal(zombie, signal.SIGCONT)


def invoke_again(scene, session_id, _rng):
    """Deliver the same invocation again: twice during the work, and once after the end."""
    scene.wait_for_status(session_id, "BUSY")
    for _ in range(2):
        _invoke(scene, session_id, attempt=1)
    scene.ending(session_id)
    _invoke(scene, session_id, attempt=1)


def invoke_a_late_attempt(scene, session_id, rng):
    """Deliver an invocation of the first attempt while the second one works."""
    kill(scene, session_id, rng)
    scene.wait_for_status(session_id, "BUSY", attempt=2)
    with contextlib.suppress(_agentcore(scene).exceptions.RuntimeClientError):  # the agent's 409
        _invoke(scene, session_id, attempt=1)


def deliver_the_event_again(scene, session_id, _rng):
    """Start another execution with the same input: EventBridge delivers at least once."""
    scene.wait_for(session_id, lambda item: "execution_arn" in item, "it was claimed")
    client = scene.stack.client("stepfunctions")
    first = client.describe_execution(executionArn=scene.item(session_id)["execution_arn"])
    client.start_execution(stateMachineArn=first["stateMachineArn"], input=first["input"])


def cancel(scene, session_id, rng):
    """Cancel the run twice at a random moment, in any phase."""
    time.sleep(rng.uniform(0, 3))
    for _ in range(2):
        scene.stack.runs.publish(event_types.CANCELLATION_REQUESTED, {"session_id": session_id})


def cancel_while_busy(scene, session_id, _rng):
    """Cancel the run during the work."""
    scene.wait_for_status(session_id, "BUSY")
    scene.stack.runs.publish(event_types.CANCELLATION_REQUESTED, {"session_id": session_id})


def expire_credentials(scene, session_id, _rng):
    """Refuse the credentials of the first attempt, as AWS does when they have expired."""
    item = scene.wait_for(session_id, lambda item: KEY in item.get("progress", ""), "its access key was known")
    key = {"authorization": item["progress"].removeprefix(KEY)}
    expired = [
        {"service": "dynamodb", "headers": key, "error": {"code": "ExpiredTokenException", "status": 400}},
        {"service": "s3", "headers": key, "error": {"code": "ExpiredToken", "status": 400}},
    ]
    with scene.storm({AWS: expired}):
        scene.wait_for_status(session_id, "BUSY", attempt=2)


SURVIVED = {"ends": (("COMPLETED", None),), "attempts": (2, 2)}

# Faults that disturb one run only.
FAULTS = {
    "nothing": Fault(),
    "kill -9": Fault(happen=kill, **SURVIVED),
    "kill -9 before it begins": Fault(happen=kill_before_it_begins, ends=SURVIVED["ends"], attempts=(1, 2)),
    "SIGTERM": Fault(happen=terminate, **SURVIVED),
    "StopRuntimeSession": Fault(happen=stop_session, **SURVIVED),
    "zombie": Fault(happen=suspend_until_taken_over, **SURVIVED),
    "invoked again": Fault(happen=invoke_again),
    "invoked late": Fault(happen=invoke_a_late_attempt, **SURVIVED),
    "event delivered again": Fault(happen=deliver_the_event_again),
    "cancelled while busy": Fault(happen=cancel_while_busy, script={"seconds": 60}, ends=(("CANCELLED", None),)),
    "cancelled at any moment": Fault(happen=cancel, ends=(("COMPLETED", None), ("CANCELLED", None))),
    "agent raises": Fault(script={"raises": "no such region"}, ends=(("FAILED", "ValueError"),)),
    "agent hangs while its heartbeat goes on": Fault(script={"hangs": 120}, ends=(("FAILED", "DeadlineExceeded"),)),
    "credentials expire": Fault(happen=expire_credentials, **SURVIVED),
    **MODEL_FAULTS,
}


def seeded(seed, *names):
    """Return a random number generator for a name, so that threads do not share one."""
    return random.Random(json.dumps([seed, *names]))


def _invoke(scene, session_id, *, attempt):
    """Invoke the agent, again while AgentCore starts too many sessions or ends this one."""
    item = scene.item(session_id)
    payload = StartPayload(
        session_id=session_id, attempt=attempt, prompt=item["prompt"], deadline_at=float(item["deadline_at"])
    )
    client = _agentcore(scene)

    def is_delivered():
        try:
            client.invoke_agent_runtime(
                agentRuntimeArn=scene.stack.outputs["agent_runtime_arn"],
                runtimeSessionId=session_id,
                payload=json.dumps(payload.as_json()).encode(),
            )
        except (client.exceptions.ThrottlingException, client.exceptions.RetryableConflictException):
            return False
        return True

    scene.wait_until(is_delivered, "AgentCore does not accept the invocation")


def _signal(pid, number):
    try:
        os.kill(pid, number)
    except ProcessLookupError as error:
        raise MissedMomentError("the process had ended") from error


def _agentcore(scene):
    return scene.stack.client("bedrock-agentcore")


def _has_process(scene, session_id):
    return any(record.session_id == session_id for record in scene.stack.data_plane.active())
