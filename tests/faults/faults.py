"""The faults: each a function that is called once a run has been requested, and makes something happen to it.

Each says which ends it may lead to: by right a run survives it, unless nothing could be done but say so.
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

from components.events import event_types


@dataclass(frozen=True, kw_only=True)
class Fault:
    """A fault, the agent that it happens to, and how the run may end.

    Attributes:
        happen: Called with the scene, the session id and a random number generator.
        script: What the agent does (tests/faults/agent.py).
        ends: Pairs of status and error type.
        attempts: The fewest and the most attempts that it may take.
    """

    happen: Callable = lambda _scene, _session_id, _rng: None
    script: dict = field(default_factory=lambda: {"seconds": 5})
    ends: tuple = (("COMPLETED", None),)
    attempts: tuple = (1, 1)


def kill(scene, session_id, rng):
    """kill -9 at a random moment of the work."""
    scene.wait_for_status(session_id, "BUSY")
    time.sleep(rng.uniform(0, 1))
    os.kill(scene.pid(session_id), signal.SIGKILL)


def kill_before_it_begins(scene, session_id, _rng):
    """kill -9 of a process that has not got to its journal yet."""
    scene.wait_until(lambda: _has_process(scene, session_id), "no process")
    os.kill(scene.pid(session_id), signal.SIGKILL)


def terminate(scene, session_id, rng):
    """SIGTERM at a random moment of the work."""
    scene.wait_for_status(session_id, "BUSY")
    time.sleep(rng.uniform(0, 1))
    os.kill(scene.pid(session_id), signal.SIGTERM)


def stop_session(scene, session_id, _rng):
    """StopRuntimeSession by somebody else, in the middle of the work."""
    scene.wait_for_status(session_id, "BUSY")
    _agentcore(scene).stop_runtime_session(
        agentRuntimeArn=scene.stack.outputs["agent_runtime_arn"], runtimeSessionId=session_id, qualifier="DEFAULT"
    )


def suspend_until_taken_over(scene, session_id, _rng):
    """A microVM that stands still, is taken over, and wakes up: a zombie."""
    scene.wait_for_status(session_id, "BUSY")
    zombie = scene.pid(session_id)
    os.kill(zombie, signal.SIGSTOP)
    scene.wait_until(lambda: int(scene.item(session_id)["attempt"]) > 1, "not taken over")
    os.kill(zombie, signal.SIGCONT)


def invoke_again(scene, session_id, _rng):
    """The same invocation, delivered three times: at once, in the middle of the work, and after the end."""
    scene.wait_for_status(session_id, "BUSY")
    for _ in range(2):
        _invoke(scene, session_id, attempt=1)
    scene.stack.runs.wait(session_id)
    _invoke(scene, session_id, attempt=1)


def invoke_a_late_attempt(scene, session_id, rng):
    """An invocation of the first attempt that arrives when the second one is at work."""
    kill(scene, session_id, rng)
    scene.wait_for_status(session_id, "BUSY", attempt=2)
    with contextlib.suppress(ClientError):  # the agent's 409
        _invoke(scene, session_id, attempt=1)


def deliver_the_event_again(scene, session_id, _rng):
    """EventBridge delivers at least once: another execution with the same input."""
    scene.wait_until(lambda: "execution_arn" in scene.item(session_id), "not claimed")
    client = scene.stack.client("stepfunctions")
    first = client.describe_execution(executionArn=scene.item(session_id)["execution_arn"])
    client.start_execution(stateMachineArn=first["stateMachineArn"], input=first["input"])


def cancel(scene, session_id, rng):
    """Cancelled twice, at a random moment, in whatever phase the run is then."""
    time.sleep(rng.uniform(0, 3))
    for _ in range(2):
        scene.stack.runs.publish(event_types.CANCELLATION_REQUESTED, {"session_id": session_id})


def cancel_while_busy(scene, session_id, _rng):
    """Cancelled in the middle of the work."""
    scene.wait_for_status(session_id, "BUSY")
    scene.stack.runs.publish(event_types.CANCELLATION_REQUESTED, {"session_id": session_id})


SURVIVED = {"ends": (("COMPLETED", None),), "attempts": (2, 2)}

# What happens to one run and leaves all others alone.
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
    """What is broken for everybody for a while.

    Attributes:
        rules: Of the fault proxies.
        seconds: How long they hold.
        work_seconds: How long the work takes that suffers it.
        strikes_busy: Whether it breaks loose only when the agents are at work.
        attempts: The fewest that a run needs to survive it.
    """

    rules: dict
    seconds: float
    work_seconds: float = 2
    strikes_busy: bool = False
    attempts: int = 1


STORMS = {
    "answers of AgentCore are lost after it has accepted": Storm(
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
    # The heartbeat fails while the agent goes on: it must stop itself, and the next attempt take over.
    "DynamoDB cannot be reached for longer than a lease": Storm(
        rules={AWS: [{"service": "dynamodb", "reset": True}]},
        seconds=7,
        work_seconds=9,
        strikes_busy=True,
        attempts=2,
    ),
}


def seeded(seed, *names):
    """A generator of random numbers of its own for each name, so that threads do not disturb each other's."""
    return random.Random(json.dumps([seed, *names]))


def _invoke(scene, session_id, *, attempt):
    item = scene.item(session_id)
    payload = {
        "session_id": session_id,
        "attempt": attempt,
        "prompt": item["prompt"],
        "deadline_at": float(item["deadline_at"]),
    }
    _agentcore(scene).invoke_agent_runtime(
        agentRuntimeArn=scene.stack.outputs["agent_runtime_arn"],
        runtimeSessionId=session_id,
        payload=json.dumps(payload).encode(),
    )


def _agentcore(scene):
    return scene.stack.client("bedrock-agentcore")


def _has_process(scene, session_id):
    return any(record.session_id == session_id for record in scene.stack.data_plane.active())
