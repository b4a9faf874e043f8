"""Start MiniStack behind a door, and with corrections where it differs from AWS.

- MiniStack accepts the key `test`, account ids and unsigned requests as the root user. Here the root user has one key,
  which is made at each start. Keys that the account has issued are accepted too: MiniStack checks their signatures.
- MiniStack derives the credentials of functions from their names. Here they are random.
- MiniStack serves an administration API and a metadata API. Both are closed.
- Resource policies deny requests without TLS (`aws:SecureTransport`). Loopback traffic has no TLS. Every request
  therefore gets the header that a proxy sets when it has terminated TLS.
- MiniStack checks some requests against another IAM action or another resource than AWS does.
- MiniStack keeps no policy of an event bus, and does not apply it.
- MiniStack cannot list the provisioned concurrency of all versions of a function, nor all versions of all functions.
- MiniStack does not have the advisers, the bill and the web functions of an account: here it has none of them.
- MiniStack forgets the platform version of an agent runtime.
- MiniStack fires schedules without their time zones and events. Its scheduler is off: `local/schedules/` fires them.
- MiniStack finds log events without their ids.
- MiniStack parses an expression of DynamoDB again for each item. Here it does so once, so that a query over 10,000 runs
  takes a third of the time.
- MiniStack cannot redrive executions, and takes an event that the bus has refused for one that it has accepted.
- MiniStack gives an expression of a state machine one second. On a busy machine a correct expression may take longer.
- MiniStack parses an expression of a state machine again in each state of each run, a third of what the account
  computes. Here it does so once.
- MiniStack unpacks the code of a function for each of its processes. Here they share one folder.
- MiniStack starts a process for each concurrent invocation of a function. A hundred of them take all the time of this
  machine, so that other requests get no response. Here further invocations wait for a process that is free.

The release of MiniStack is pinned exactly, so these corrections always fit it.
"""

import atexit
import functools
import gc
import hmac
import json
import os
import re
import runpy
import secrets
import threading
import types
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import jsonata  # type: ignore[import-untyped]
from ministack import app as ministack  # type: ignore[import-untyped]
from ministack.core import iam_actions, iam_evaluator, lambda_runtime  # type: ignore[import-untyped]
from ministack.core.responses import json_response  # type: ignore[import-untyped]
from ministack.services import (  # type: ignore[import-untyped]
    bedrock_agentcore,
    cloudwatch_logs,
    dynamodb,
    eventbridge,
    lambda_svc,
    scheduler,
    stepfunctions,
    sts,
)

# Loaded by their paths: this project is not on the import path.
_DOOR = runpy.run_path(str(Path(__file__).with_name("door.py")))
_FUNCTION_CODE = runpy.run_path(str(Path(__file__).with_name("function_code.py")))
_ABSENT = runpy.run_path(str(Path(__file__).with_name("absent_services.py")))
_LOG_EVENTS = runpy.run_path(str(Path(__file__).with_name("log_events.py")))
_REDRIVE = runpy.run_path(str(Path(__file__).with_name("redrive.py")))

_SESSION_CALL = re.compile(r"/runtimes/(.+?)/(invocations|stopruntimesession)/?")
_READS_OF_FUNCTIONS = {
    "concurrency": "lambda:GetFunctionConcurrency",
    "provisioned-concurrency": "lambda:ListProvisionedConcurrencyConfigs",
    "durable-executions": "lambda:ListDurableExecutionsByFunction",
    "list": "lambda:ListFunctionEventInvokeConfigs",
    "recursion-config": "lambda:GetFunctionRecursionConfig",
    "urls": "lambda:ListFunctionUrlConfigs",
}

# Administration and health of MiniStack and its relatives, and the metadata API of EC2. No bucket has such a name.
_CLOSED = re.compile(r"/+(_.*|health|latest)(/.*)?", re.DOTALL)
_HEALTH = "/_ministack/health"

_EXPRESSION_MILLISECONDS = 60_000

_PUT_EVENTS = "arn:aws:states:::events:putEvents"

# No function of this project invokes a function, so an invocation that waits holds no process that another one needs.
_PROCESSES = threading.BoundedSemaphore(8)

_serve = ministack.app
_action: Callable[..., str | None] = iam_actions.extract_iam_action
_resource: Callable[..., str] = iam_actions.extract_resource_arn
_context: Callable[..., dict[str, Any]] = iam_actions.request_tag_context
_provisioned: Callable[..., Any] = lambda_svc._get_provisioned_concurrency
_list_functions: Callable[..., Any] = lambda_svc._list_functions
_put_permission: Callable[..., Any] = eventbridge._put_permission
_put_events_of_workflow: Callable[..., Any] = stepfunctions._SERVICE_DISPATCH[_PUT_EVENTS]
_create_runtime: Callable[..., Any] = bedrock_agentcore._create_agent_runtime
_update_runtime: Callable[..., Any] = bedrock_agentcore._update_agent_runtime
_acquire_worker: Callable[..., Any] = lambda_svc.acquire_worker
_release_worker: Callable[..., None] = lambda_svc.release_worker
_expression: Callable[..., jsonata.Jsonata] = jsonata.Jsonata.jsonata
_parse: Callable[..., Any] = jsonata.parser.Parser.parse
_tokens: Callable[[str], list[Any]] = functools.lru_cache(dynamodb._tokenize)


async def _serve_as_tls(scope: dict[str, Any], receive: Any, send: Any) -> None:
    if scope["type"] == "http":
        if (nothing := _ABSENT["nothing"](scope)) is not None:
            await _ABSENT["send_json"](send, nothing)
            return
        scope = {**scope, "headers": [*scope["headers"], (b"x-forwarded-proto", b"https")]}
    await _serve(scope, receive, send)


def _refusal(scope: dict[str, Any]) -> str | None:
    """Return why the door refuses a request, or None."""
    if not _is_issued(_DOOR["access_key_id"](scope)):
        return "The access key id is not one of this account: use the environment variables of this start"
    if _CLOSED.fullmatch(scope["path"]) and scope["path"] != _HEALTH:
        return "The administration of the emulated account is closed: start another account instead"
    return None


def _is_issued(key: str) -> bool:
    is_root = hmac.compare_digest(key.encode(), os.environ["AWS_ACCESS_KEY_ID"].encode())
    return is_root or key in sts._sessions or iam_evaluator.find_iam_access_key_account(key) is not None


def _credentials_of_function(config: dict[str, Any]) -> dict[str, str]:
    """Return the credentials of a function, and make them known. They stay the same for a function and its role."""
    role, name = config["Role"].rsplit("/", 1)[-1], config["FunctionName"][:64]
    account_id, _ = lambda_runtime._account_region_from_function_config(config)
    key, secret, token = _random_credentials(config["FunctionArn"], config["Role"])
    session = {
        "Arn": f"arn:aws:sts::{account_id}:assumed-role/{role}/{name}",
        "UserId": f"{role}:{name}",
        "SecretAccessKey": secret,
        "SessionToken": token,
    }
    sts.register_session(key, session)
    return {"AWS_ACCESS_KEY_ID": key, "AWS_SECRET_ACCESS_KEY": secret, "AWS_SESSION_TOKEN": token}


@functools.cache
def _random_credentials(function_arn: str, role_arn: str) -> tuple[str, str, str]:  # noqa: ARG001
    return f"ASIA{secrets.token_hex(16).upper()}", secrets.token_hex(20), secrets.token_hex(32)


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


def _put_permission_as_aws(request: dict[str, Any]) -> Any:
    if "Policy" not in request:
        return _put_permission(request)
    eventbridge._event_bus_policies[request["EventBusName"]] = json.loads(request["Policy"])
    return json_response({})


def _put_events_of_workflow_as_aws(*arguments: Any) -> Any:
    answer = _put_events_of_workflow(*arguments)
    if answer["FailedEntryCount"]:
        raise stepfunctions._ExecutionError("EventBridge.FailedEntry", json.dumps(answer))
    return answer


def _bus_policy(arn: str) -> tuple[Any, str] | None:
    """Return the policy of an event bus and the account that owns it; None for an ARN of something else."""
    resource, _, name = arn.rpartition("/")
    policy = eventbridge._event_bus_policies.get(name)
    return (policy, arn.split(":")[4]) if policy and resource.endswith(":event-bus") else None


def _provisioned_as_aws(name: str, qualifier: str | None) -> Any:
    if qualifier or name not in lambda_svc._functions:
        return _provisioned(name, qualifier)
    arn = lambda_svc._func_arn(name)
    configured = lambda_svc._functions[name].get("provisioned_concurrency", {})
    configs = [{"FunctionArn": f"{arn}:{key}", **config} for key, config in configured.items()]
    return json_response({"ProvisionedConcurrencyConfigs": configs})


def _list_functions_as_aws(query: dict[str, Any]) -> Any:
    if not query.get("FunctionVersion"):
        return _list_functions(query)
    functions = [lambda_svc._functions[name] for name in sorted(lambda_svc._functions.keys())]
    versions = [[one["config"] for one in function.get("versions", {}).values()] for function in functions]
    pairs = zip(functions, versions, strict=True)
    return json_response({"Functions": [config for one, older in pairs for config in (one["config"], *older)]})


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


@functools.lru_cache(maxsize=1_024)
def _syntax_tree(text: str, regex_engine: Any) -> Any:
    # A parser of its own: the threads of two executions may parse at the same time.
    return _parse(jsonata.parser.Parser(), text, regex_engine)


def _parse_once(_: Any, text: str, regex_engine: Any) -> Any:
    return _syntax_tree(text, regex_engine)  # evaluations only read it


def _tokens_once(text: str) -> list[Any]:
    return list(_tokens(text))  # a copy: the caller may change it


def _acquire_free_worker(*arguments: Any, **options: Any) -> Any:
    _PROCESSES.acquire()
    return _acquire_worker(*arguments, **options)


def _release_to_next(worker: Any) -> None:
    _release_worker(worker)
    _PROCESSES.release()


if __name__ == "__main__":
    jsonata.Jsonata.jsonata = staticmethod(_expression_with_more_time)
    jsonata.parser.Parser.parse = _parse_once
    ministack.app = _DOOR["Door"](_serve_as_tls, rule=_refusal)
    lambda_runtime.execution_credentials = lambda_svc.execution_credentials = _credentials_of_function
    iam_actions._agentcore_runtime_arn = _runtime_of_session_call
    iam_actions.extract_iam_action = _action_as_aws
    iam_actions.extract_resource_arn = _resource_as_aws
    iam_actions.request_tag_context = _context_as_aws
    iam_evaluator._RESOURCE_POLICY_LOOKUPS["events"] = ("eventbridge", "bus_policy_for_arn")
    eventbridge.bus_policy_for_arn = _bus_policy
    eventbridge._put_permission = _put_permission_as_aws
    bedrock_agentcore._create_agent_runtime = _create_runtime_as_aws
    bedrock_agentcore._update_agent_runtime = _update_runtime_as_aws
    cloudwatch_logs._filter_log_events = _LOG_EVENTS["with_ids"](cloudwatch_logs._filter_log_events)
    dynamodb._tokenize = _tokens_once
    dynamodb._condition_syntax_error = functools.lru_cache(dynamodb._condition_syntax_error)
    scheduler.start_scheduler = lambda: None
    stepfunctions._SERVICE_DISPATCH[_PUT_EVENTS] = _put_events_of_workflow_as_aws
    _REDRIVE["install"]()
    lambda_runtime.zipfile = types.SimpleNamespace(**{**vars(zipfile), "ZipFile": _FUNCTION_CODE["SharedZip"]})
    lambda_svc.acquire_worker = _acquire_free_worker
    lambda_svc.release_worker = _release_to_next
    lambda_svc._get_provisioned_concurrency = _provisioned_as_aws
    lambda_svc._list_functions = _list_functions_as_aws
    # Otherwise the interpreter, when it ends, searches all objects of the account for garbage.
    atexit.register(gc.freeze)
    ministack.main()
