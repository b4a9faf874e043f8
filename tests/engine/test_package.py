"""The package as a program of another project uses it: the real engine starts its provider and asks for its component.

The provider is found beside the CLI, as `pulumi-resource-agent-runs`. It cannot be attached like the one that stands in
for AWS, because Pulumi's SDK for Python does not implement that part of the protocol.
"""

from __future__ import annotations

import contextlib
import dataclasses
import json
import re
import shutil
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pulumi
import pulumi_aws as aws
import pytest
import yaml

from components.settings.budgets import Budgets
from components.settings.setting import camel_case
from components.testing.mocks import ACCOUNT
from package.provider import NAME, SCHEMA
from tests.components.recorded import PROJECT
from tests.delivery.pages import block, files_shown
from tests.engine import workspace
from tests.engine.changes import CHANGES
from tests.engine.workspace import EngineStack, Program

TYPE = f"{NAME}:index:FireAndForgetAgent"
COMPONENT: Mapping[str, Any] = json.loads(SCHEMA.read_text())["resources"][TYPE]
OUTPUTS: Mapping[str, Mapping[str, Any]] = COMPONENT["properties"]

STACK_REGION, OTHER_REGION = "eu-north-1", "eu-central-1"

LEAST: Mapping[str, Any] = {
    "sources": {"folders": ["agent"], "entry": "agent/__main__.py"},
    "settings": {
        "modelId": "eu.anthropic.claude-haiku-4-5-20251001-v1:0",
        "tags": {"owner": "platform@example.com", "cost-center": "platform"},
    },
}


def everything() -> dict[str, Any]:
    """Return a value for every setting, in the form that the package accepts."""
    settings = {name: value for changed in CHANGES.values() for name, value in changed.items()}
    budgets = {name: settings.pop(name) for name in [camel_case(field.name) for field in dataclasses.fields(Budgets)]}
    return {**settings, "budgets": budgets}


class RemoteAgent(pulumi.ComponentResource):
    """The component, registered like the SDK that Pulumi generates from the package."""

    def __init__(self, name: str, inputs: Mapping[str, Any], opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(TYPE, name, {**dict.fromkeys(OUTPUTS), **inputs}, opts, remote=True)


def declare(inputs: Mapping[str, Any], opts: pulumi.ResourceOptions | None = None) -> None:
    """Declare an agent, and export all of its outputs."""
    agent = RemoteAgent("sizer", inputs, opts)
    for output in OUTPUTS:
        pulumi.export(output, getattr(agent, output))


@contextlib.contextmanager
def shop(folder: Path, program: Program) -> Iterator[EngineStack]:
    """Prepare a stack of another project, whose program uses the package."""
    (folder / "Pulumi.yaml").write_text("name: shop\nruntime: python\n")
    (folder / "Pulumi.prod.yaml").write_text(f"config:\n  aws:region: {STACK_REGION}\n")
    plugins = {NAME: [sys.executable, str(PROJECT / "package")]}
    with workspace.stack("prod", program, project=folder, plugins=plugins) as stack:
        yield stack


@pytest.fixture(scope="module")
def least(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EngineStack]:
    """Return a deployed stack whose agent has only the required inputs."""
    with shop(tmp_path_factory.mktemp("shop"), lambda: declare(LEAST)) as stack:
        up = stack.up()
        assert not up.error, up.output
        yield stack


def test_an_agent_with_only_the_required_inputs_has_the_outputs_of_the_schema(least: EngineStack) -> None:
    outputs = least.outputs()

    types = {"string": str, "object": dict, "integer": int}
    assert {name: type(value) for name, value in outputs.items()} == {
        name: types[declared["type"]] for name, declared in OUTPUTS.items()
    }
    assert outputs["schedules"] == {}
    assert outputs["journalTableName"] == "shop-prod-journal"
    assert {stored.region for stored in least.cloud.resources.values()} == {STACK_REGION}


def test_the_command_of_the_guide_names_the_package(least: EngineStack) -> None:
    prompt, *command, source = block("docs/second-agent.md", "pulumi package add").split()
    plugin = PROJECT / source.rpartition("/")[2] / "PulumiPlugin.yaml"
    env = least.stack.workspace.env_vars
    found = Path(env["PULUMI_HOME"]) / "bin" / f"pulumi-resource-{NAME}"

    help_text = least.stack.workspace.pulumi_command.run([*command[1:], "--help"], ".", env).stdout
    schema = least.stack.workspace.pulumi_command.run(["package", "get-schema", str(found)], ".", env).stdout

    assert (prompt, command) == ("$", ["pulumi", "package", "add"])
    assert "pulumi package add <provider|schema|path>" in help_text
    assert yaml.safe_load(plugin.read_text())["runtime"]["name"] == "python"
    assert json.loads(schema)["resources"].keys() == {TYPE}


def test_the_program_of_the_guide_is_deployed(tmp_path: Path) -> None:
    (resource,) = yaml.safe_load(block("docs/second-agent.md", "agent-runs:FireAndForgetAgent"))["resources"].values()
    assert resource["type"] == f"{NAME}:FireAndForgetAgent"

    with shop(tmp_path, lambda: declare(resource["properties"])) as stack:
        shutil.copytree(PROJECT / "agent" / "harness", stack.folder / "agent" / "harness")
        shutil.copy(PROJECT / "agent" / "__init__.py", stack.folder / "agent")
        (stack.folder / "sizer").mkdir()
        (stack.folder / "sizer/__main__.py").write_text(files_shown("docs/second-agent.md")["sizer/__main__.py"])
        for file in ("pyproject.toml", "uv.lock"):  # the agent's group, under the name in the guide
            text = re.sub("^agent = ", "sizer = ", (PROJECT / file).read_text(), flags=re.MULTILINE)
            (stack.folder / file).write_text(text.replace('include-group = "agent"', 'include-group = "sizer"'))
        up = stack.up()

        assert not up.error, up.output
        assert stack.outputs()["journalTableName"] == "shop-prod-journal"


def test_a_second_preview_has_nothing_to_change(least: EngineStack) -> None:
    preview = least.preview()

    assert (preview.error, preview.steps) == (False, {}), preview.output


@pytest.mark.parametrize(
    ("changed", "problems"),
    [
        (
            lambda: {
                "settings": {
                    "modelId": "Claude",
                    "maxTurns": 0,
                    "budgets": {"maxAttempts": 0},
                    "colour": "red",
                    "tags": {"owner": "me@example.com"},
                }
            },
            [
                *("settings.modelId", "settings.maxTurns", "settings.budgets.maxAttempts"),
                *("settings.tags.cost-center", "settings.colour"),
            ],
        ),
        (lambda: {"sources": {"folders": ["agent"]}}, ["sources.entry"]),
        (lambda: {"qualifier": pulumi.Output.secret("hunter2")}, ["qualifier"]),
    ],
    ids=["wrong settings", "missing input", "secret"],
)
def test_wrong_inputs_are_listed_by_their_paths_and_without_a_traceback_of_the_package(
    least: EngineStack, changed: Callable[[], Mapping[str, Any]], problems: list[str]
) -> None:
    least.program = lambda: declare({**LEAST, **changed()})
    preview = least.preview()

    assert preview.error
    assert re.findall(r"- property (\S+)(?: with value .+?)? has a problem: .", preview.output) == problems
    assert "hunter2" not in preview.output
    # The SDK of the program prints a traceback of its own, because the engine has stopped.
    assert not re.search(rf'File "{PROJECT}/(components|package)/', preview.output)


def test_an_agent_with_all_inputs_is_deployed_in_the_region_of_an_explicit_provider(tmp_path: Path) -> None:
    def program() -> None:
        elsewhere = aws.Provider("elsewhere", region=OTHER_REGION)
        queue = aws.sqs.Queue("others", name="others", opts=pulumi.ResourceOptions(provider=elsewhere))
        grant = {"sid": "Ask", "actions": ["sqs:SendMessage"], "resources": [queue.arn], "reason": "It asks."}
        inputs = {
            "sources": {**LEAST["sources"], "dependencyGroup": "agent", "project": str(PROJECT)},
            "settings": everything(),
            "grants": [grant],
            "environment": {"CLUSTERS": "production"},
            "qualifier": "sizer",
        }
        assert inputs.keys() == COMPONENT["inputProperties"].keys()
        declare(inputs, pulumi.ResourceOptions(providers=[elsewhere]))

    with shop(tmp_path, program) as stack:
        up = stack.up()

        assert not up.error, up.output
        assert {stored.region for stored in stack.cloud.resources.values()} == {OTHER_REGION}
        assert STACK_REGION not in json.dumps([stored.inputs for stored in stack.cloud.resources.values()])
        assert stack.outputs()["schedules"] == {"daily": "shop-prod-sizer-daily"}
        policies = [policy.inputs["policy"] for _, policy in stack.cloud.of("RolePolicy")]
        assert len([policy for policy in policies if f":sqs:{OTHER_REGION}:{ACCOUNT}:others" in policy]) == 1
