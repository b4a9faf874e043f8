"""Run the whole program in this process, for a stack of the project, and record what it would create.

It uses the SDK's internals, because `set_mocks` cannot run a whole program: a mock sees a resource's inputs, but not
its `protect` option, its parent, its dependencies, or the outputs of components and of the stack.
"""

from __future__ import annotations

import asyncio
import contextvars
import copy
import dataclasses
import functools
import json
import logging
import os
import runpy
import sys
import threading
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from google.protobuf import empty_pb2
from pulumi.runtime import mocks, resource, rpc
from pulumi.runtime import stack as pulumi_stack
from pulumi.runtime.config import set_all_config
from pulumi.runtime.proto import source_pb2
from pulumi.runtime.settings import Settings, configure

from components import PROJECT
from components.bundles import build as bundle
from components.testing.mocks import Mocks
from local.outputs import settled

# The engine shows which line declared a resource. No test does, and finding the line takes a third of a program's time.
resource._get_stack_trace = source_pb2.StackTrace

STACKS = tuple(
    sorted(path.name.removeprefix("Pulumi.").removesuffix(".yaml") for path in PROJECT.glob("Pulumi.*.yaml"))
)
"""Every stack of the project: each has a file."""


@dataclass(frozen=True, kw_only=True)
class Resource:
    """One resource that the program registered."""

    type: str
    name: str
    parent: str
    custom: bool
    protect: bool
    inputs: Mapping[str, Any]
    waits_for: frozenset[tuple[str, str]] = frozenset()
    """Type and name of the resources that must exist first."""

    def __getitem__(self, key: str) -> Any:
        return self.inputs[key]

    @property
    def part(self) -> str:
        """Return the resource's name without the name of its agent, which ends at the first hyphen."""
        return self.name.partition("-")[2]


@dataclass(frozen=True, kw_only=True)
class Recording:
    """The result of one run of the program."""

    stack: str
    resources: tuple[Resource, ...]
    outputs: Mapping[str, Any]
    component_outputs: Mapping[str, Mapping[str, Any]]
    error: BaseException | None

    def of(self, type_name: str) -> tuple[Resource, ...]:
        """Return all resources of a provider's type, such as `Table`."""
        return tuple(r for r in self.resources if r.custom and r.type.split(":")[-1] == type_name)

    def one(self, type_name: str, part: str | None = None, *, agent: str = "analyst") -> Resource:
        """Return the only resource of a type, or the one with this part in its name."""
        (found,) = (r for r in self.of(type_name) if part is None or r.name == f"{agent}-{part}")
        return found

    def policies(self) -> Mapping[str, list[dict[str, Any]]]:
        """Map the name of each role to the statements of its policies."""
        found: dict[str, list[dict[str, Any]]] = {}
        for policy in self.of("RolePolicy"):
            found.setdefault(policy["role"], []).extend(json.loads(policy["policy"])["Statement"])
        return found


def configuration(stack_name: str) -> dict[str, Any]:
    """Return a stack's configuration by full keys: the project's defaults, overridden by the stack's file."""
    project, own = _parsed("Pulumi.yaml"), _parsed(f"Pulumi.{stack_name}.yaml")["config"]
    defaults = {f"{project['name']}:{key}": d["default"] for key, d in project["config"].items() if "default" in d}
    return copy.deepcopy(defaults | own)


@functools.cache
def _parsed(name: str) -> Any:
    return yaml.safe_load((PROJECT / name).read_text())


@functools.cache
def of_stack(stack: str, *, agent: str | None = None) -> Recording:
    """Return the recording of a stack of the project, or of one of its agents. The program runs once for each stack."""
    return run(stack, agent=None) if agent is None else _of_agent(agent, of_stack(stack))


def run(
    stack: str,
    *,
    stack_name: str | None = None,
    program: Path = PROJECT,
    agent: str | None = "analyst",
    encrypted: Collection[str] = (),
    **changes: Any,
) -> Recording:
    """Run the program with a stack's file and some changed settings. None removes a setting.

    Args:
        stack: The stack whose file is used.
        stack_name: The stack's name, if it is different.
        program: Another program to run with the same stack file.
        agent: The agent to record, where the program declares several; all of them when None.
        encrypted: Settings that are secrets in the stack's file.
        changes: Settings in the project's namespace.
    """
    values = configuration(stack) | {f"agent-runs:{key}": value for key, value in changes.items()}
    flat = {k: v if isinstance(v, str) else json.dumps(v) for k, v in values.items() if v is not None}
    recording = record(
        lambda: runpy.run_path(str(program), run_name="__main__"),
        project="agent-runs",
        stack_name=stack_name or stack,
        config=flat,
        encrypted={f"agent-runs:{key}" for key in encrypted},
    )
    return recording if agent is None else _of_agent(agent, recording)


def _of_agent(agent: str, recording: Recording) -> Recording:
    """Return a recording without the resources of other agents."""
    agents = recording.outputs.get("agents", {})
    others = tuple(f"{other}-" for other in agents if other != agent)
    if not others:
        return recording
    return dataclasses.replace(
        recording,
        resources=tuple(r for r in recording.resources if not f"{r.name}-".startswith(others)),
        outputs={**recording.outputs, "agents": {agent: agents[agent]}},
        component_outputs={
            urn: outputs
            for urn, outputs in recording.component_outputs.items()
            if not f"{urn.split('::')[-1]}-".startswith(others)
        },
    )


def record(
    body: Callable[[], object],
    *,
    project: str,
    stack_name: str,
    config: Mapping[str, str],
    encrypted: Collection[str] = (),
) -> Recording:
    """Run a function that declares resources, as Pulumi runs a program.

    It runs in its own thread and context. Otherwise the next program would wait for what Pulumi's runtime keeps of this
    one: the tasks of its outputs and its root resource.

    Args:
        body: Declares the resources.
        project: The project's name.
        stack_name: The stack's name.
        config: The stack's configuration, by full keys.
        encrypted: The keys of secrets.
    """
    os.environ[bundle.BYTECODE_VARIABLE] = bundle.OMIT_BYTECODE  # no bundle is uploaded
    monitor = _Monitor()
    path = list(sys.path)
    thread = threading.Thread(
        # An empty context: a copy of this one would contain the root stack that `set_mocks` has created.
        target=contextvars.Context().run,
        args=(_run, body, project, stack_name, config, list(encrypted), monitor),
    )
    thread.start()
    thread.join()
    sys.path[:] = path
    return Recording(
        stack=stack_name,
        resources=tuple(monitor.seen),
        outputs=monitor.outputs,
        component_outputs=monitor.component_outputs,
        error=monitor.error,
    )


def _run(
    body: Callable[[], object],
    project: str,
    stack_name: str,
    config: Mapping[str, str],
    encrypted: list[str],
    monitor: _Monitor,
) -> None:
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    engine = mocks.MockEngine(logging.getLogger("pulumi.test"))
    configure(Settings(project=project, stack=stack_name, monitor=monitor, engine=engine, dry_run=False))
    set_all_config(dict(config), encrypted)
    try:
        loop.run_until_complete(pulumi_stack.run_in_stack(lambda: settled(body)))
    except BaseException as error:  # noqa: BLE001 - the test checks it
        monitor.error = error
    finally:
        loop.close()


@dataclass(eq=False)
class _Monitor(mocks.MockMonitor):
    seen: list[Resource] = field(default_factory=list)
    outputs: dict[str, Any] = field(default_factory=dict)
    component_outputs: dict[str, dict[str, Any]] = field(default_factory=dict)
    error: BaseException | None = None

    def __post_init__(self) -> None:
        super().__init__(Mocks())

    def RegisterResource(self, request: Any) -> Any:  # noqa: N802 - gRPC's name
        self.seen.append(
            Resource(
                type=request.type,
                name=request.name,
                parent=request.parent,
                custom=request.custom,
                protect=request.protect,
                inputs=_plain(rpc.deserialize_properties(request.object)),
                waits_for=frozenset(map(_kind_and_name, request.dependencies)),
            )
        )
        return super().RegisterResource(request)

    def RegisterResourceOutputs(self, request: Any) -> Any:  # noqa: N802 - gRPC's name
        outputs = _plain(rpc.deserialize_properties(request.outputs))
        if "::pulumi:pulumi:Stack::" in request.urn:
            self.outputs.update(outputs)
        else:
            self.component_outputs[request.urn] = outputs
        return empty_pb2.Empty()


def _kind_and_name(urn: str) -> tuple[str, str]:
    types, name = urn.split("::")[-2:]
    return types.split(":")[-1], name


def _plain(value: Any) -> Any:
    """Return a value with its integers, which gRPC sends as floats, and without None."""
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items() if item is not None}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value
