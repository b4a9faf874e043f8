"""Run an unmodified Pulumi program in this process, and create its resources in the emulated account."""

import asyncio
import contextlib
import contextvars
import gc
import logging
import runpy
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from google.protobuf import empty_pb2  # type: ignore[import-untyped]
from pulumi.runtime import mocks, rpc, stack
from pulumi.runtime.config import set_all_config
from pulumi.runtime.settings import Settings, configure

from local.configuration import configuration, project_name
from local.emulator.account import REGION, Account
from local.errors import LocalStackError, failure, reason
from local.outputs import settled
from local.provisioning import CREATORS, Created, Declaration


@dataclass(frozen=True, kw_only=True)
class Deployment:
    """A deployed program.

    Attributes:
        outputs: The stack's outputs.
        resources: The created resources by URN, without components, as `snapshots/` counts them.
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
    on_create: Callable[[str, Created], None] = lambda _type, _created: None,
) -> Deployment:
    """Deploy a stack of a program into an empty account.

    Args:
        program: The directory of Pulumi.yaml and __main__.py.
        stack_name: The stack's name, as in Pulumi.<stack>.yaml.
        account: Returns the account. Called for the first resource, so the program's imports need not wait for it.
        config: Configuration values that replace those of the files, by full name (`project:key`).
        function_environment: Environment variables to add to every Lambda function.
        on_create: Called with the type and the outputs of each resource that was created.

    Raises:
        ConfigurationError: The configuration is wrong, or the program refuses its settings.
        LocalStackError: The program failed, or a resource could not be created.
    """
    values = configuration(program, stack_name, config)
    monitor = _Monitor(_Creators(program, account, function_environment or {}, on_create))
    _run_in_thread(program, stack_name, values, monitor, is_preview=False)
    resources = monitor.get_registered_resources()
    return Deployment(outputs=monitor.outputs, resources={urn: resources[urn] for urn in monitor.custom})


def preview(program: Path, *, stack_name: str) -> None:
    """Run a stack's program without an account, as `pulumi preview` does, to find what it refuses.

    Raises:
        ConfigurationError: The configuration is wrong, or the program refuses its settings.
        LocalStackError: The program failed.
    """
    values = configuration(program, stack_name)
    nowhere = Account("", region=values.get("aws:region", REGION))
    _run_in_thread(
        program, stack_name, values, _Monitor(_Nothing(program, lambda: nowhere, {}, lambda *_: None)), is_preview=True
    )


def _run_in_thread(
    program: Path, stack_name: str, config: Mapping[str, str], monitor: "_Monitor", *, is_preview: bool
) -> None:
    arguments = (program, project_name(program), stack_name, config, monitor, is_preview)
    thread = threading.Thread(target=contextvars.copy_context().run, args=(_run, *arguments), daemon=True)
    with _without_garbage_collector():
        thread.start()
        thread.join()
    if monitor.errors:
        raise monitor.errors[0]


@contextlib.contextmanager
def _without_garbage_collector() -> Iterator[None]:
    """Pause the garbage collector. What a program imports and declares stays, so the search for garbage finds none."""
    gc.disable()
    try:
        yield
    finally:
        # All that is new becomes old now. Otherwise the first search would examine it, for a sixth of a deployment.
        gc.freeze()
        gc.unfreeze()
        gc.enable()


def _run(
    program: Path, project: str, stack_name: str, config: Mapping[str, str], monitor: "_Monitor", is_preview: bool
) -> None:
    """Run the program in this thread. The monitor keeps its errors."""
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
            dry_run=is_preview,
        )
    )
    set_all_config(dict(config), [])
    try:
        loop.run_until_complete(stack.run_in_stack(lambda: settled(lambda: _execute(program))))
    except Exception as error:  # noqa: BLE001 (any error of the program is the deployment's error)
        monitor.errors.append(failure(error, program))
    finally:
        loop.close()


def _execute(program: Path) -> None:
    runpy.run_path(str(program), run_name="__main__")


@dataclass(frozen=True)
class _Creators(mocks.Mocks):
    """Creates resources in the account, as the Pulumi engine and its AWS provider would."""

    program: Path
    account: Callable[[], Account]
    function_environment: Mapping[str, str]
    on_create: Callable[[str, Created], None]

    def new_resource(self, args: mocks.MockResourceArgs) -> tuple[str | None, dict[str, Any]]:
        if not args.custom or args.typ.startswith("pulumi:providers:"):
            return f"{args.name}-local", args.inputs
        creator = CREATORS.get(args.typ)
        if creator is None:
            raise LocalStackError(
                f"the local account cannot create {args.typ} yet: add a creator in local/provisioning/"
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
        self.on_create(args.typ, created)
        # Return the inputs unchanged, so that secrets stay secret.
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
        raise LocalStackError(f"the local account cannot answer {args.token} calls yet: add them to local/program.py")


class _Nothing(_Creators):
    """Creates nothing: ids and other outputs are unknown."""

    def new_resource(self, args: mocks.MockResourceArgs) -> tuple[str | None, dict[str, Any]]:
        return None, args.inputs


@dataclass(eq=False)
class _Monitor(mocks.MockMonitor):
    """The SDK's in-process monitor. It also keeps the stack's outputs, and the errors with their URNs."""

    creators: _Creators
    outputs: dict[str, Any] = field(default_factory=dict)
    errors: list[LocalStackError] = field(default_factory=list)
    custom: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__(self.creators)

    def RegisterResource(self, request: Any) -> Any:  # noqa: N802 (gRPC's name)
        try:
            with _event_loop():
                response = super().RegisterResource(request)  # type: ignore[no-untyped-call]
        except Exception as error:
            urn = self.make_urn(request.parent, request.type, request.name)
            self.errors.append(LocalStackError(f"{urn} was not created: {reason(error)}"))
            raise
        if request.custom:
            self.custom.append(response.urn)
        return response

    def Invoke(self, request: Any) -> Any:  # noqa: N802 (gRPC's name)
        with _event_loop():
            return super().Invoke(request)  # type: ignore[no-untyped-call]

    def RegisterResourceOutputs(self, request: Any) -> Any:  # noqa: N802 (gRPC's name)
        if "::pulumi:pulumi:Stack::" in request.urn:
            self.outputs.update(_plain(rpc.deserialize_properties(request.outputs)))
        return empty_pb2.Empty()


@contextlib.contextmanager
def _event_loop() -> Iterator[None]:
    """Give this thread an event loop. Without one, the SDK's monitor makes one, and leaves its three files open."""
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    try:
        yield
    finally:
        asyncio.set_event_loop(None)
        loop.close()


def _plain(value: Any) -> Any:
    """Replace secrets by their values, and whole numbers that protocol buffers made floats by integers."""
    value = rpc.unwrap_rpc_secret(value)
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items() if item is not None}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value
