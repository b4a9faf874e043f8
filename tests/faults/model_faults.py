"""Faults of the model: passing errors, and a model that is not available for long."""

from agent import event_types
from tests.faults.fault import Fault
from tests.faults.model import FAILURES


def recover_for_the_second_attempt(scene, session_id, _rng):
    """Let the model fail until the first attempt has given up."""
    scene.wait_for_status(session_id, "BUSY", attempt=2)
    scene.model.recovered.add(session_id)


def cancel_without_model(scene, session_id, _rng):
    """Cancel the run when its model has failed once. It never recovers."""
    scene.wait_for(session_id, lambda _: scene.model.failures[session_id], "its model failed")
    scene.stack.runs.publish(event_types.CANCELLATION_REQUESTED, {"session_id": session_id})


# Each error twice, then the model answers.
MODEL_FAULTS = {f"model {failure}": Fault(script={"model": failure, "times": 2}) for failure in FAILURES} | {
    "model throttled for longer than the agent waits": Fault(
        happen=recover_for_the_second_attempt, script={"model": "throttled"}, attempts=(2, 2)
    ),
    "model throttled for ever, then cancelled": Fault(
        happen=cancel_without_model, script={"model": "throttled"}, ends=(("CANCELLED", None),), attempts=(1, 1)
    ),
}
