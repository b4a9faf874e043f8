"""Checks the agent's runtime, and the access to its model."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from functools import partial

from runs.doctor.finding import Finding, Level, checked
from runs.place.place import Place

_PROFILE_ARN = "inference-profile/"
_GEOGRAPHIES = ("us.", "eu.", "apac.", "au.", "ca.", "jp.", "us-gov.", "global.")
_MODEL_ACCESS = {
    "authorizationStatus": "AUTHORIZED",
    "entitlementAvailability": "AVAILABLE",
    "regionAvailability": "AVAILABLE",
}


def agent(place: Place, _: datetime) -> Iterator[Finding]:
    """Check the state of the runtime, and then the model that it uses."""
    runtime = place.client("bedrock-agentcore-control").get_agent_runtime(
        agentRuntimeId=place.output("agent_runtime_id")
    )
    status, reason = runtime["status"], runtime.get("failureReason")
    if status == "READY":
        yield Finding(what="agent", level=Level.OK, found=f"version {runtime['agentRuntimeVersion']} is READY")
    else:
        is_passing = status in ("CREATING", "UPDATING")
        yield Finding(
            what="agent",
            level=Level.WARN if is_passing else Level.FAIL,
            found=": ".join(filter(None, (status, reason))),
            remedy="wait some minutes" if is_passing else "correct the cause, and deploy the stack again",
        )
    model = runtime.get("environmentVariables", {}).get("MODEL_ID")
    if place.is_local:
        yield Finding(what="model", level=Level.OK, found="the local stack has a model that follows a script")
    elif model:
        yield from checked("model", partial(_model, place, model))


def _model(place: Place, model: str) -> Iterator[Finding]:
    bedrock = place.client("bedrock")
    if _PROFILE_ARN in model or model.startswith(_GEOGRAPHIES):
        profile = bedrock.get_inference_profile(inferenceProfileIdentifier=model)
        base = profile["models"][0]["modelArn"].rpartition("/")[2]
    elif model.startswith("arn:") and ":foundation-model/" not in model:
        yield Finding(what="model", level=Level.WARN, found=f"{model} is not a model of Bedrock's list: not checked")
        return
    else:
        base = model.rpartition("/")[2]
    access = bedrock.get_foundation_model_availability(modelId=base)
    problems = [f"{name} is {access[name]}" for name, expected in _MODEL_ACCESS.items() if access[name] != expected]
    if problems:
        found, remedy = f"{model}: {', '.join(problems)}", "request access in Bedrock's console, or set another modelId"
        yield Finding(what="model", level=Level.FAIL, found=found, remedy=remedy)
    else:
        yield Finding(what="model", level=Level.OK, found=f"{model} is available")
