"""Corrections of Amazon EventBridge."""

import json
from collections.abc import Callable
from typing import Any

from ministack.core import iam_evaluator  # type: ignore[import-untyped]
from ministack.core.responses import json_response  # type: ignore[import-untyped]
from ministack.services import eventbridge, scheduler  # type: ignore[import-untyped]

_put_permission: Callable[..., Any] = eventbridge._put_permission


def apply() -> None:
    """Apply the policies of event buses, and fire no schedules.

    - MiniStack keeps no policy of an event bus, and does not apply it.
    - MiniStack fires schedules without their time zones and events. Its scheduler is off: `local/schedules/` fires
      them.
    """
    iam_evaluator._RESOURCE_POLICY_LOOKUPS["events"] = ("eventbridge", "bus_policy_for_arn")
    eventbridge.bus_policy_for_arn = _bus_policy
    eventbridge._put_permission = _put_permission_as_aws
    scheduler.start_scheduler = lambda: None


def _put_permission_as_aws(request: dict[str, Any]) -> Any:
    if "Policy" not in request:
        return _put_permission(request)
    eventbridge._event_bus_policies[request["EventBusName"]] = json.loads(request["Policy"])
    return json_response({})


def _bus_policy(arn: str) -> tuple[Any, str] | None:
    """Return the policy of an event bus and the account that owns it; None for an ARN of something else."""
    resource, _, name = arn.rpartition("/")
    policy = eventbridge._event_bus_policies.get(name)
    return (policy, arn.split(":")[4]) if policy and resource.endswith(":event-bus") else None
