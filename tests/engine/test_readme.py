"""The README's commands that deploy, use and remove a stack, with the real CLI.

`pulumi up` and `pulumi destroy` need Pulumi's language host for Python, which the tests do not have: the Automation API
does both with the same program, on the stack that the documented command has created.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import tempfile
from pathlib import Path

from tests.components.recorded import PROJECT
from tests.delivery import aws_cli
from tests.delivery.pages import block, commands
from tests.engine import cli, workspace
from tests.engine.cloud import Cloud
from tests.engine.environment import environment
from tests.engine.provider import AwsProvider, serving
from tests.engine.workspace import EngineStack


def test_the_commands_deploy_the_stack_whose_bus_gets_the_event() -> None:
    init, up, put = map(shlex.split, commands(block("README.md", "pulumi up")))
    (destroy,) = re.findall(r"\*\*Remove a stack\*\*: `(.*?)`", (PROJECT / "README.md").read_text())
    provider = AwsProvider(Cloud())
    with (
        tempfile.TemporaryDirectory(prefix="engine ") as temporary,
        serving(provider) as port,
        environment(Path(temporary), port) as variables,
    ):
        folder, backend = Path(temporary) / "project", Path(temporary) / "state"
        folder.mkdir()
        backend.mkdir()
        env = {**variables, "PULUMI_BACKEND_URL": f"file://{backend}"}
        for file in PROJECT.glob("Pulumi*.yaml"):
            shutil.copy(file, folder)

        done = subprocess.run(
            [cli.find(), *init[1:]], cwd=folder, env={**os.environ, **env}, capture_output=True, text=True
        )

        assert done.returncode == 0, done.stderr
        (created,) = backend.glob(".pulumi/stacks/*/*.json")
        assert f"pulumi up --stack {created.stem}" == shlex.join(up)
        stack = EngineStack(created.stem, folder, workspace.main_of(PROJECT), provider.cloud, provider, env)
        assert list(backend.glob(".pulumi/stacks/*/*.json")) == [created]
        deployed = stack.up()
        assert not deployed.error, deployed.output
        (entry,) = aws_cli.read(put[1:]).parameters["Entries"]
        assert entry["EventBusName"] == stack.outputs()["event_bus_name"]

        assert destroy == f"pulumi destroy --stack {created.stem}"
        destroyed = stack.destroy()
        assert (destroyed.error, provider.cloud.resources) == (False, {}), destroyed.output
