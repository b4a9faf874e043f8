"""Corrections of the agent runtimes of Amazon Bedrock AgentCore."""

import json
from collections.abc import Callable
from typing import Any

from ministack.services import bedrock_agentcore  # type: ignore[import-untyped]

_create_runtime: Callable[..., Any] = bedrock_agentcore._create_agent_runtime
_update_runtime: Callable[..., Any] = bedrock_agentcore._update_agent_runtime


def apply() -> None:
    """MiniStack forgets the platform version of an agent runtime."""
    bedrock_agentcore._create_agent_runtime = _create_runtime_as_aws
    bedrock_agentcore._update_agent_runtime = _update_runtime_as_aws


def _create_runtime_as_aws(body: bytes) -> Any:
    answer = _create_runtime(body)
    _keep_platform_version(json.loads(answer[2]).get("agentRuntimeId"), body, default="V1")
    return answer


def _update_runtime_as_aws(runtime_id: str, body: bytes) -> Any:
    answer = _update_runtime(runtime_id, body)
    _keep_platform_version(runtime_id, body, default=None)
    return answer


def _keep_platform_version(runtime_id: str | None, body: bytes, *, default: str | None) -> None:
    record = bedrock_agentcore._runtimes.get(runtime_id)
    if record is not None and (version := json.loads(body).get("platformVersion", default)):
        record["platformVersion"] = version
