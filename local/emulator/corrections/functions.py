"""Corrections of AWS Lambda."""

import functools
import secrets
import threading
import types
import zipfile
from collections.abc import Callable
from typing import Any

from ministack.core import lambda_runtime  # type: ignore[import-untyped]
from ministack.core.responses import json_response  # type: ignore[import-untyped]
from ministack.services import lambda_svc, sts  # type: ignore[import-untyped]

from local.emulator.function_code import SharedZip

# No function of this project invokes a function, so an invocation that waits holds no process that another one needs.
_PROCESSES = threading.BoundedSemaphore(8)

_provisioned: Callable[..., Any] = lambda_svc._get_provisioned_concurrency
_list_functions: Callable[..., Any] = lambda_svc._list_functions
_acquire_worker: Callable[..., Any] = lambda_svc.acquire_worker
_release_worker: Callable[..., None] = lambda_svc.release_worker


def apply() -> None:
    """Correct the credentials, the lists and the processes of functions.

    - MiniStack derives the credentials of functions from their names. Here they are random.
    - MiniStack cannot list the provisioned concurrency of all versions of a function, nor all versions of all
      functions.
    - MiniStack unpacks the code of a function for each of its processes. Here they share one folder.
    - MiniStack starts a process for each concurrent invocation of a function. A hundred of them take all the time of
      this machine, so that other requests get no response. Here further invocations wait for a process that is free.
    """
    lambda_runtime.execution_credentials = lambda_svc.execution_credentials = _credentials_of_function
    lambda_runtime.zipfile = types.SimpleNamespace(**{**vars(zipfile), "ZipFile": SharedZip})
    lambda_svc.acquire_worker = _acquire_free_worker
    lambda_svc.release_worker = _release_to_next
    lambda_svc._get_provisioned_concurrency = _provisioned_as_aws
    lambda_svc._list_functions = _list_functions_as_aws


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


def _acquire_free_worker(*arguments: Any, **options: Any) -> Any:
    _PROCESSES.acquire()
    return _acquire_worker(*arguments, **options)


def _release_to_next(worker: Any) -> None:
    _release_worker(worker)
    _PROCESSES.release()
