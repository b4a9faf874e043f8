"""Start MiniStack with corrections where it differs from AWS.

- Resource policies deny requests without TLS (`aws:SecureTransport`). Loopback traffic has no TLS. Every request
  therefore gets the header that a proxy sets when it has terminated TLS.
- MiniStack checks some requests against another IAM action or another resource than AWS does.
- MiniStack cannot list the provisioned concurrency of all versions of a function.
- MiniStack forgets the platform version of an agent runtime.
- MiniStack gives an expression of a state machine one second. On a busy machine a correct expression may take longer.

The release of MiniStack is pinned exactly, so these corrections always fit it.
"""

import json
import re
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import unquote

import jsonata  # type: ignore[import-untyped]
from ministack import app as ministack  # type: ignore[import-untyped]
from ministack.core import iam_actions  # type: ignore[import-untyped]
from ministack.core.responses import json_response  # type: ignore[import-untyped]
from ministack.services import bedrock_agentcore, lambda_svc  # type: ignore[import-untyped]

_SESSION_CALL = re.compile(r"/runtimes/(.+?)/(invocations|stopruntimesession)/?")
_READS_OF_FUNCTIONS = {
    "concurrency": "lambda:GetFunctionConcurrency",
    "provisioned-concurrency": "lambda:ListProvisionedConcurrencyConfigs",
}

_EXPRESSION_MILLISECONDS = 60_000

_serve: Callable[..., Awaitable[None]] = ministack.app
_action: Callable[..., str | None] = iam_actions.extract_iam_action
_resource: Callable[..., str] = iam_actions.extract_resource_arn
_provisioned: Callable[..., Any] = lambda_svc._get_provisioned_concurrency
_create_runtime: Callable[..., Any] = bedrock_agentcore._create_agent_runtime
_update_runtime: Callable[..., Any] = bedrock_agentcore._update_agent_runtime
_expression: Callable[..., jsonata.Jsonata] = jsonata.Jsonata.jsonata


async def _serve_as_tls(scope: dict[str, Any], receive: Any, send: Any) -> None:
    if scope["type"] == "http":
        scope = {**scope, "headers": [*scope["headers"], (b"x-forwarded-proto", b"https")]}
    await _serve(scope, receive, send)


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


def _provisioned_as_aws(name: str, qualifier: str | None) -> Any:
    if qualifier or name not in lambda_svc._functions:
        return _provisioned(name, qualifier)
    arn = lambda_svc._func_arn(name)
    configured = lambda_svc._functions[name].get("provisioned_concurrency", {})
    configs = [{"FunctionArn": f"{arn}:{key}", **config} for key, config in configured.items()]
    return json_response({"ProvisionedConcurrencyConfigs": configs})


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


def _expression_with_more_time(text: str, **options: Any) -> jsonata.Jsonata:
    return _expression(text, **{**options, "timeout": _EXPRESSION_MILLISECONDS})


if __name__ == "__main__":
    jsonata.Jsonata.jsonata = staticmethod(_expression_with_more_time)
    ministack.app = _serve_as_tls
    iam_actions._agentcore_runtime_arn = _runtime_of_session_call
    iam_actions.extract_iam_action = _action_as_aws
    iam_actions.extract_resource_arn = _resource_as_aws
    bedrock_agentcore._create_agent_runtime = _create_runtime_as_aws
    bedrock_agentcore._update_agent_runtime = _update_runtime_as_aws
    lambda_svc._get_provisioned_concurrency = _provisioned_as_aws
    ministack.main()
