"""Runs a Pulumi program, unmodified and in this process, and creates what it declares in the emulated account."""

import asyncio
import contextvars
import json
import logging
import runpy
import threading
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml  # type: ignore[import-untyped]
from botocore.exceptions import BotoCoreError, ClientError
from google.protobuf import empty_pb2  # type: ignore[import-untyped]
from pulumi.runtime import mocks, rpc, stack
from pulumi.runtime.config import set_all_config
from pulumi.runtime.settings import Settings, configure

from local.emulator.account import Account
from local.errors import ConfigurationError, LocalStackError
from local.provisioning import CREATORS, Declaration


@dataclass(frozen=True, kw_only=True)
class Deployment:
    """What became of a program.

    Attributes:
        outputs: The stack's outputs.
        resources: Every resource that was created, by URN, with its type, id and outputs.
    """

    outputs: Mapping[str, Any]
    resources: Mapping[str, mocks.MockMonitor.ResourceRegistration]


def deploy(
    program: Path,
    *,
    stack_name: str,
    account: Callable[[], Account],
    config: Mapping[str, str] | None = None,
    function_environment: Mapping[str, str] | None = None,
) -> Deployment:
    """Deploys a stack of a program into an account that holds nothing of it yet.

    Args:
        program: The directory of Pulumi.yaml and __main__.py.
        stack_name: Which Pulumi.<stack>.yaml configures it.
        account: Gives the account, when the first resource asks for it: the program's imports need not wait for it.
        config: Values that replace those of the files, under their full names (`project:key`).
        function_environment: Variables that every Lambda function gets beside those that the program declares.

    Raises:
        LocalStackError: When the configuration, the program or a resource is at fault; names which, and why.
    """
    settings = yaml.safe_load(_read(program / "Pulumi.yaml"))
    values = configuration(program, stack_name, config)
    monitor = _Monitor(_Creators(program, account, function_environment or {}))
    thread = threading.Thread(
        target=contextvars.copy_context().run,
        args=(_run, program, settings["name"], stack_name, values, monitor),
        name="pulumi-program",
        daemon=True,
    )
    thread.start()
    thread.join()
    if monitor.errors:
        raise LocalStackError(monitor.errors[0])
    return Deployment(outputs=monitor.outputs, resources=monitor.get_registered_resources())


def configuration(program: Path, stack_name: str, overrides: Mapping[str, str] | None = None) -> dict[str, str]:
    """Returns a stack's configuration as Pulumi hands it to a program.

    The project's defaults come first, the stack's own values replace them, and the overrides replace both.

    Raises:
        ConfigurationError: When there is no such stack, or a value is encrypted, which takes the CLI to read.
    """
    project = yaml.safe_load(_read(program / "Pulumi.yaml"))
    own = program / f"Pulumi.{stack_name}.yaml"
    if not own.exists():
        known = sorted(path.name.split(".")[1] for path in program.glob("Pulumi.*.yaml"))
        raise ConfigurationError(
            f"There is no stack {stack_name!r}: choose one of {', '.join(known)}, or write {own.name}"
        )
    defaults = {
        key: declared["default"] if isinstance(declared, dict) else declared
        for key, declared in (project.get("config") or {}).items()
        if not isinstance(declared, dict) or "default" in declared
    }
    stack_values = (yaml.safe_load(_read(own)) or {}).get("config") or {}
    values = {_qualified(project["name"], key): value for key, value in (defaults | stack_values).items()}
    values |= overrides or {}
    for key, value in values.items():
        if isinstance(value, dict) and "secure" in value:
            raise ConfigurationError(
                f"{key} of stack {stack_name!r} is encrypted: override it with a value to run locally"
            )
    return {key: value if isinstance(value, str) else json.dumps(value) for key, value in values.items()}


def _qualified(project: str, key: str) -> str:
    return key if ":" in key else f"{project}:{key}"


def _read(path: Path) -> str:
    try:
        return path.read_text()
    except FileNotFoundError:
        raise ConfigurationError(f"{path} is missing: give the directory of the Pulumi program") from None


def _run(program: Path, project: str, stack_name: str, config: Mapping[str, str], monitor: "_Monitor") -> None:
    """Runs the program to its end in this thread; what goes wrong is kept by the monitor."""
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    configure(
        Settings(
            project=project,
            stack=stack_name,
            organization="local",
            root_directory=str(program),
            monitor=monitor,
            engine=mocks.MockEngine(logging.getLogger("pulumi")),
            dry_run=False,
        )
    )
    set_all_config(dict(config), [])
    try:
        loop.run_until_complete(stack.run_in_stack(lambda: _execute(program)))
    except Exception as error:  # noqa: BLE001 (whatever a program raises is told as the deployment's error)
        monitor.errors.append(f"The program failed{_place(error, program)}: {_reason(error)}")
    finally:
        loop.close()


def _execute(program: Path) -> None:
    runpy.run_path(str(program), run_name="__main__")


@dataclass(frozen=True)
class _Creators(mocks.Mocks):
    """Answers what the engine and its provider would, by calling the account."""

    program: Path
    account: Callable[[], Account]
    function_environment: Mapping[str, str]

    def new_resource(self, args: mocks.MockResourceArgs) -> tuple[str | None, dict[str, Any]]:
        if not args.custom or args.typ.startswith("pulumi:providers:"):
            return f"{args.name}-local", args.inputs
        creator = CREATORS.get(args.typ)
        if creator is None:
            raise LocalStackError(
                f"the local account cannot create {args.typ} yet: add a function for it in local/provisioning/"
            )
        created = creator(
            self.account(),
            Declaration(
                type=args.typ,
                name=args.name,
                properties=_plain(args.inputs),
                directory=self.program,
                function_environment=self.function_environment,
            ),
        )
        # The inputs go back as they came, so that what was secret stays secret.
        return created.id, {**args.inputs, **created.outputs}

    def call(self, args: mocks.MockCallArgs) -> dict[str, Any]:  # type: ignore[override]
        account = self.account()
        match args.token:
            case "aws:index/getCallerIdentity:getCallerIdentity":
                root = f"arn:aws:iam::{account.account_id}:root"
                return {"accountId": account.account_id, "arn": root, "userId": account.account_id, "id": "root"}
            case "aws:index/getRegion:getRegion":
                region = account.region
                return {"name": region, "region": region, "id": region, "endpoint": f"ec2.{region}.amazonaws.com"}
            case "aws:index/getPartition:getPartition":
                return {"partition": "aws", "dnsSuffix": "amazonaws.com", "id": "aws"}
        raise LocalStackError(f"the local account cannot answer {args.token} yet: add it to local/program.py")


@dataclass(eq=False)
class _Monitor(mocks.MockMonitor):
    """The SDK's in-process monitor, which also keeps the stack's outputs and says which resource failed."""

    creators: _Creators
    outputs: dict[str, Any] = field(default_factory=dict)
    errors: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__(self.creators)

    def RegisterResource(self, request: Any) -> Any:  # noqa: N802 (gRPC's name)
        try:
            return super().RegisterResource(request)  # type: ignore[no-untyped-call]
        except Exception as error:
            urn = self.make_urn(request.parent, request.type, request.name)
            self.errors.append(f"{urn} was not created: {_reason(error)}")
            raise

    def RegisterResourceOutputs(self, request: Any) -> Any:  # noqa: N802 (gRPC's name)
        if "::pulumi:pulumi:Stack::" in request.urn:
            self.outputs.update(_plain(rpc.deserialize_properties(request.outputs)))
        return empty_pb2.Empty()


def _place(error: BaseException, program: Path) -> str:
    """Returns the program's own line at which an error arose, when it is known."""
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        path = Path(frame.filename)
        if path.is_relative_to(program) and "site-packages" not in path.parts:
            return f" at {path.relative_to(program)}:{frame.lineno}"
    return ""


def _reason(error: Exception) -> str:
    if isinstance(error, KeyError):
        return f"the program does not give its property {error.args[0]!r}"
    if isinstance(error, (ClientError, BotoCoreError, LocalStackError)):
        return str(error)
    return f"{type(error).__name__}: {error}"


def _plain(value: Any) -> Any:
    """Opens secrets, and turns the floats of protocol buffers back into the integers that they were."""
    value = rpc.unwrap_rpc_secret(value)
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items() if item is not None}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value
