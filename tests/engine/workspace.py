"""A stack under the real engine: an inline program, a file backend, and no files or variables of the user."""

from __future__ import annotations

import contextlib
import runpy
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from pulumi import automation

from tests.components.recorded import PROJECT
from tests.engine.cloud import Cloud
from tests.engine.environment import cli_root, environment, install
from tests.engine.provider import AwsProvider, serving

Program = Callable[[], object]


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """The outcome of one operation of the engine.

    Attributes:
        steps: Operation of each resource that is more than "same", by `Type name`, as `update` or `replace`.
        output: Everything that the CLI printed.
        error: Whether the operation failed.
        properties: For each updated or replaced resource the properties that differ.
    """

    steps: Mapping[str, str]
    output: str
    error: bool
    properties: Mapping[str, list[str]] = field(default_factory=dict)

    def of(self, operation: str) -> set[str]:
        """Return the resources that an operation, such as `update`, was done to."""
        return {resource for resource, done in self.steps.items() if done == operation}


class EngineStack:
    """One stack of a program, and the account that it is deployed into.

    Attributes:
        cloud: The account.
        provider: The stand-in for the AWS provider.
        name: The stack's name.
        folder: A copy of the project's files, into which the engine writes.
    """

    def __init__(
        self, name: str, folder: Path, program: Program, cloud: Cloud, provider: AwsProvider, env: dict[str, str]
    ) -> None:
        self.cloud, self.provider, self.name, self.folder = cloud, provider, name, folder
        self.program = program
        options = automation.LocalWorkspaceOptions(
            work_dir=str(folder), env_vars=env, pulumi_command=automation.PulumiCommand(root=str(cli_root(env)))
        )
        self.stack = automation.create_or_select_stack(
            stack_name=name,
            work_dir=str(folder),
            program=lambda: self.program(),
            opts=options,
            project_name=_project(folder),
        )

    def preview(self) -> Outcome:
        """Preview the stack."""
        return self._run(self.stack.preview)

    def up(self, **options: Any) -> Outcome:
        """Deploy the stack."""
        return self._run(self.stack.up, **options)

    def refresh(self) -> Outcome:
        """Read what exists."""
        return self._run(self.stack.refresh)

    def destroy(self) -> Outcome:
        """Delete everything."""
        return self._run(self.stack.destroy)

    def outputs(self) -> dict[str, Any]:
        """Return the stack's outputs, secrets opened."""
        return {name: output.value for name, output in self.stack.outputs().items()}

    def exported(self) -> dict[str, Any]:
        """Return the stack's state."""
        deployment: dict[str, Any] = self.stack.export_stack().deployment
        return deployment

    @contextlib.contextmanager
    def settings(self, **changes: Any) -> Iterator[None]:
        """Change settings in the stack's file while the block runs; None removes a setting."""
        path = self.folder / f"Pulumi.{self.name}.yaml"
        before = path.read_text()
        document = yaml.safe_load(before)
        config = document["config"]
        for name, value in changes.items():
            key = f"{_project(self.folder)}:{name}"
            if value is None:
                config.pop(key, None)
            else:
                config[key] = value
        path.write_text(yaml.safe_dump(document, sort_keys=False))
        try:
            yield
        finally:
            path.write_text(before)

    def _run(self, operation: Callable[..., Any], **options: Any) -> Outcome:
        lines: list[str] = []
        steps: dict[str, str] = {}
        properties: dict[str, list[str]] = {}

        def observe(event: automation.EngineEvent) -> None:
            if event.resource_pre_event:
                metadata = event.resource_pre_event.metadata
                label = _label(metadata.urn)
                operation = str(metadata.op.value)
                # A replacement is announced three times; the word for the whole wins.
                if operation not in {"same", "read"} and steps.get(label) != "replace":
                    steps[label] = operation
                    properties[label] = sorted(metadata.detailed_diff or metadata.diffs or [])

        try:
            operation(on_output=lines.append, on_error=lines.append, on_event=observe, color="never", **options)
            error = False
        except automation.CommandError:
            error = True
        return Outcome(steps=steps, output="\n".join(lines), error=error, properties=properties)


@contextlib.contextmanager
def stack(
    name: str,
    program: Program | None = None,
    *,
    project: Path = PROJECT,
    cloud: Cloud | None = None,
    plugins: Mapping[str, Sequence[str]] | None = None,
    checkpoints: bool = False,
) -> Iterator[EngineStack]:
    """Prepare a stack of a project's program and end everything afterwards.

    Args:
        name: The stack's name; its file is copied if the project has one.
        program: Declares the resources; by default the project's own `__main__.py`.
        project: The folder of `Pulumi.yaml`.
        cloud: The account; by default an empty one.
        plugins: Command of each further provider, by its name; the engine starts and ends them.
        checkpoints: Whether the engine writes its state after each resource, as it does for a user.
    """
    cloud = cloud or Cloud()
    provider = AwsProvider(cloud)
    with tempfile.TemporaryDirectory(prefix="engine ") as temporary, serving(provider) as port:
        root = Path(temporary)
        folder = root / "project"
        folder.mkdir()
        for file in ("Pulumi.yaml", f"Pulumi.{name}.yaml"):
            if (project / file).exists():
                shutil.copy(project / file, folder)
        (root / "state").mkdir()
        with environment(root, port, checkpoints=checkpoints) as variables:
            env = {**variables, "PULUMI_BACKEND_URL": f"file://{root / 'state'}"}
            prepared = EngineStack(name, folder, program or main_of(project), cloud, provider, env)
            for plugin, command in (plugins or {}).items():
                install(plugin, command, env)
            yield prepared


def main_of(project: Path) -> Program:
    """Return a project's `__main__.py` as an inline program."""

    def run() -> None:
        path = list(sys.path)
        try:
            runpy.run_path(str(project), run_name="__main__")
        finally:
            sys.path[:] = path

    return run


def _project(folder: Path) -> str:
    name: str = yaml.safe_load((folder / "Pulumi.yaml").read_text())["name"]
    return name


def _label(urn: str) -> str:
    types, name = urn.split("::", 2)[2].split("::", 1)
    return f"{types.rpartition(':')[-1]} {name}"
