"""Corrections of IAM."""

import json
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import unquote

from ministack.core import iam_actions  # type: ignore[import-untyped]

_SESSION_CALL = re.compile(r"/runtimes/(.+?)/(invocations|stopruntimesession)/?")
_READS_OF_FUNCTIONS = {
    "concurrency": "lambda:GetFunctionConcurrency",
    "provisioned-concurrency": "lambda:ListProvisionedConcurrencyConfigs",
    "durable-executions": "lambda:ListDurableExecutionsByFunction",
    "list": "lambda:ListFunctionEventInvokeConfigs",
    "recursion-config": "lambda:GetFunctionRecursionConfig",
    "urls": "lambda:ListFunctionUrlConfigs",
}

_action: Callable[..., str | None] = iam_actions.extract_iam_action
_resource: Callable[..., str] = iam_actions.extract_resource_arn
_context: Callable[..., dict[str, Any]] = iam_actions.request_tag_context


def apply() -> None:
    """MiniStack checks some requests against another IAM action or another resource than AWS does."""
    iam_actions._agentcore_runtime_arn = _runtime_of_session_call
    iam_actions.extract_iam_action = _action_as_aws
    iam_actions.extract_resource_arn = _resource_as_aws
    iam_actions.request_tag_context = _context_as_aws


def _runtime_of_session_call(path: str) -> str | None:
    call = _SESSION_CALL.fullmatch(unquote(path))
    return call.group(1) if call else None


def _action_as_aws(service: str, method: str, path: str, *rest: Any) -> str | None:
    kind = path.rstrip("/").rsplit("/", 1)[-1]
    if service == "lambda" and method == "GET" and kind in _READS_OF_FUNCTIONS:
        return _READS_OF_FUNCTIONS[kind]
    if service == "bedrock-agentcore" and kind == "stopruntimesession":
        return "bedrock-agentcore:StopRuntimeSession"
    return _action(service, method, path, *rest)


def _resource_as_aws(service: str, method: str, path: str, headers: dict[str, str], *rest: Any) -> str:
    if service == "logs" and headers.get("x-amz-target", "").endswith(".DescribeLogGroups"):
        *_, region, account_id = rest
        return f"arn:aws:logs:{region}:{account_id}:log-group:*"
    return _resource(service, method, path, headers, *rest)


def _context_as_aws(service: str, action: str, body: bytes, *rest: Any) -> dict[str, Any]:
    context = _context(service, action, body, *rest)
    if action != "events:PutEvents":
        return context
    entries = json.loads(body)["Entries"]
    keys = {"events:source": "Source", "events:detail-type": "DetailType"}
    return context | {key: [entry.get(member) for entry in entries] for key, member in keys.items()}
