"""The faults. A fault is a function that disturbs one requested run.

Each fault declares which ends it allows. A run should survive it; where that is impossible, it must report the error.
"""

import contextlib
import json
import os
import random
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from botocore.exceptions import ClientError

from agent import event_types
from agent.harness.payload import StartPayload


@dataclass(frozen=True, kw_only=True)
class Fault:
    """A fault, the work that it disturbs, and how the run may end.

    Attributes:
        happen: Called with the scene, the session id and a random number generator.
        script: The agent's work (tests/faults/agent.py).
        ends: Pairs of status and error type.
        attempts: Minimum and maximum number of attempts.
    """

    happen: Callable = lambda _scene, _session_id, _rng: None
    script: dict = field(default_factory=lambda: {"seconds": 5})
    ends: tuple = (("COMPLETED", None),)
    attempts: tuple = (1, 1)


def kill(scene, session_id, rng):
    """Kill the agent with SIGKILL at a random moment of the work."""
    scene.wait_for_status(session_id, "BUSY")
    time.sleep(rng.uniform(0, 1))
    os.kill(scene.pid(session_id), signal.SIGKILL)


def kill_before_it_begins(scene, session_id, _rng):
    """Kill the agent with SIGKILL before it begins."""
    scene.wait_until(lambda: _has_process(scene, session_id), "no process")
    os.kill(scene.pid(session_id), signal.SIGKILL)


def terminate(scene, session_id, rng):
    """Terminate the agent with SIGTERM at a random moment of the work."""
    scene.wait_for_status(session_id, "BUSY")
    time.sleep(rng.uniform(0, 1))
    os.kill(scene.pid(session_id), signal.SIGTERM)


def stop_session(scene, session_id, _rng):
    """Stop the session with StopRuntimeSession during the work."""
    scene.wait_for_status(session_id, "BUSY")
    _agentcore(scene).stop_runtime_session(
        agentRuntimeArn=scene.stack.outputs["agent_runtime_arn"], runtimeSessionId=session_id, qualifier="DEFAULT"
    )


def suspend_until_taken_over(scene, session_id, _rng):
    """Suspend the agent until its run is taken over, then resume it: it is a zombie."""
    scene.wait_for_status(session_id, "BUSY")
    zombie = scene.pid(session_id)
    os.kill(zombie, signal.SIGSTOP)
    scene.wait_until(lambda: int(scene.item(session_id)["attempt"]) > 1, "not taken over")
    os.kill(zombie, signal.SIGCONT)


def invoke_again(scene, session_id, _rng):
    """Deliver the same invocation again: twice during the work, and once after the end."""
    scene.wait_for_status(session_id, "BUSY")
    for _ in range(2):
        _invoke(scene, session_id, attempt=1)
    scene.stack.runs.wait(session_id)
    _invoke(scene, session_id, attempt=1)


def invoke_a_late_attempt(scene, session_id, rng):
    """Deliver an invocation of the first attempt while the second one works."""
    kill(scene, session_id, rng)
    scene.wait_for_status(session_id, "BUSY", attempt=2)
    with contextlib.suppress(ClientError):  # the agent's 409
        _invoke(scene, session_id, attempt=1)


def deliver_the_event_again(scene, session_id, _rng):
    """Start another execution with the same input: EventBridge delivers at least once."""
    scene.wait_until(lambda: "execution_arn" in scene.item(session_id), "not claimed")
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
    "agent hangs while its heartbeat goes on": Fault(script={"hangs": 60}, ends=(("FAILED", "DeadlineExceeded"),)),
}

AGENTCORE, AWS = "agentcore", "aws"


@dataclass(frozen=True, kw_only=True)
class Storm:
    """A fault that disturbs all runs for some time.

    Attributes:
        rules: Rules of the fault proxies.
        seconds: How long the rules are active.
        work_seconds: Duration of the work of the disturbed runs.
        strikes_busy: Whether it starts only when the agents are busy.
        attempts: Minimum number of attempts that a run needs.
    """

    rules: dict
    seconds: float
    work_seconds: float = 2
    strikes_busy: bool = False
    attempts: int = 1


STORMS = {
    "responses of AgentCore are lost after it has accepted": Storm(
        rules={AGENTCORE: [{"operation": "InvokeAgentRuntime", "response": {"abort_bytes": 0}, "times": 3}]},
        seconds=5,
    ),
    "AgentCore throttles, then fails, while DynamoDB and S3 throttle and are slow": Storm(
        rules={
            AGENTCORE: [
                {"operation": "InvokeAgentRuntime", "error": {"code": "ThrottlingException"}, "times": 4},
                {"operation": "InvokeAgentRuntime", "error": {"code": "InternalServerException"}, "times": 2},
            ],
            AWS: [
                {
                    "service": "dynamodb",
                    "error": {"code": "ProvisionedThroughputExceededException"},
                    "probability": 0.3,
                },
                {"service": "s3", "error": {"code": "SlowDown"}, "probability": 0.3},
                {"latency": {"min": 20, "max": 300}},
            ],
        },
        seconds=9,
    ),
    # The heartbeat fails while the agent works: the agent must stop itself, and the next attempt takes over.
    "DynamoDB is unreachable for longer than a lease": Storm(
        rules={AWS: [{"service": "dynamodb", "reset": True}]},
        seconds=7,
        work_seconds=9,
        strikes_busy=True,
        attempts=2,
    ),
}


def seeded(seed, *names):
    """Return a random number generator for a name, so that threads do not share one."""
    return random.Random(json.dumps([seed, *names]))


def _invoke(scene, session_id, *, attempt):
    item = scene.item(session_id)
    payload = StartPayload(
        session_id=session_id, attempt=attempt, prompt=item["prompt"], deadline_at=float(item["deadline_at"])
    )
    _agentcore(scene).invoke_agent_runtime(
        agentRuntimeArn=scene.stack.outputs["agent_runtime_arn"],
        runtimeSessionId=session_id,
        payload=json.dumps(payload.as_json()).encode(),
    )


def _agentcore(scene):
    return scene.stack.client("bedrock-agentcore")


def _has_process(scene, session_id):
    return any(record.session_id == session_id for record in scene.stack.data_plane.active())
