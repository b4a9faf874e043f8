"""The component as a Pulumi package: its schema, its inputs, and the process that Pulumi's engine starts."""

from __future__ import annotations

import asyncio
import dataclasses
import json
import re
import subprocess
import sys
from typing import Any

import grpc
import pulumi
import pytest
import yaml
from google.protobuf import struct_pb2
from pulumi.errors import InputPropertiesError, InputPropertyError
from pulumi.provider.server import ProviderServicer
from pulumi.runtime import rpc
from pulumi.runtime.proto import provider_pb2, provider_pb2_grpc

from components.bundles.build import Bundle
from components.bundles.sources import AgentSources
from components.fire_and_forget_agent import FireAndForgetAgentArgs
from components.permissions import policy
from package import provider as package
from package.inputs import FireAndForgetAgentInputs
from tests.components import recorded
from tests.components.recorded import PROJECT

pytestmark = pytest.mark.filterwarnings("ignore:.* has been deprecated in favor of:DeprecationWarning")

SETTINGS = {
    "modelId": "eu.anthropic.claude-haiku-4-5-20251001-v1:0",
    "maxTurns": 12.0,
    "budgets": {"leaseSeconds": 90.0},
    "schedules": [{"name": "daily", "expression": "rate(1 day)", "flexibleWindowMinutes": 5.0}],
    "tags": {"owner": "platform@example.com", "cost-center": "7"},
}
SOURCES = {"folders": ["agent"], "entry": "agent/__main__.py"}


def arguments(**inputs: Any) -> FireAndForgetAgentArgs:
    """Return the component's arguments for the inputs of a program in another language."""
    served = package.provider()
    given: FireAndForgetAgentArgs = served.map_inputs(
        {"settings": SETTINGS, "sources": SOURCES, **inputs}, served._component_defs["FireAndForgetAgent"]
    )
    return given


def test_the_committed_schema_is_the_schema_of_the_component() -> None:
    assert package.SCHEMA.read_text() == package.schema(), "run 'python -m package.provider'"


def test_only_inputs_without_a_default_are_required() -> None:
    types = json.loads(package.schema())["types"]

    assert {name.split(":")[-1]: sorted(type_.get("required", [])) for name, type_ in types.items()} == {
        "AgentSources": ["entry", "folders"],
        "Budgets": [],
        "Grant": ["actions", "resources", "sid"],
        "ScheduleSettings": ["expression", "name"],
        "Settings": ["modelId"],
    }


def test_everything_in_the_schema_is_described() -> None:
    schema = json.loads(package.schema())
    component = schema["resources"]["agent-runs:index:FireAndForgetAgent"]
    described = {**component["inputProperties"], **component["properties"]}
    for type_ in schema["types"].values():
        described |= type_["properties"]

    assert len(described) > 50
    assert [name for name, property_ in described.items() if not property_.get("description")] == []


def test_inputs_of_another_language_become_arguments() -> None:
    grant = {"sid": "Look", "actions": ["ecs:ListClusters"], "resources": ["*"], "reason": "It lists."}
    given = arguments(grants=[grant], qualifier="sizer")

    assert (given.settings.max_turns, given.settings.budgets.lease_seconds) == (12, 90)
    assert given.settings.schedules[0].flexible_window_minutes == 5
    assert [bundle.name for bundle in given.bundles] == ["functions", "agent"]
    assert (given.grants[0].sid, given.grants[0].reason, given.qualifier) == ("Look", "It lists.", "sizer")


def test_the_package_has_an_input_for_every_argument_and_sources_in_place_of_bundles() -> None:
    inputs = {field.name: field.type for field in dataclasses.fields(FireAndForgetAgentInputs)}
    expected = {field.name: field.type for field in dataclasses.fields(FireAndForgetAgentArgs)}

    assert inputs.pop("sources") is AgentSources
    assert expected.pop("bundles")
    assert inputs == expected


def test_a_bundle_that_cannot_be_built_is_an_error_of_the_inputs() -> None:
    with pytest.raises(InputPropertiesError, match="nowhere"):
        arguments(sources={"folders": ["nowhere"], "entry": "nowhere/__main__.py"})


def test_every_problem_of_the_settings_is_an_error_of_its_input() -> None:
    with pytest.raises(InputPropertiesError) as caught:
        arguments(settings={**SETTINGS, "modelId": "Claude", "budgets": {"heartbeatSeconds": 100.0}})

    assert [problem["property_path"] for problem in caught.value.errors or []] == [
        "settings.modelId",
        "settings.budgets.leaseSeconds",
    ]
    assert str(caught.value) == "The component's inputs have 2 problems", "each problem is shown once, by the engine"


def as_received(value: Any, **signature: Any) -> Any:
    """Return an output or a secret in the form in which Pulumi's SDK passes an input of the engine on."""
    message = struct_pb2.Struct()
    message.update({"input": {rpc._special_sig_key: signature.pop("sig"), "value": value, **signature}})
    return asyncio.run(ProviderServicer._construct_inputs(message, {}))["input"]


@pytest.mark.parametrize("sig", [rpc._special_output_value_sig, rpc._special_secret_sig])
@pytest.mark.parametrize("key", ["settings", "sources", "qualifier", "grants"])
def test_a_secret_is_refused_where_it_would_become_plain_text(key: str, sig: str) -> None:
    with pytest.raises(InputPropertiesError) as caught:
        arguments(**{key: as_received("hunter2", sig=sig, secret=True)})

    assert [problem["property_path"] for problem in caught.value.errors or []] == [key]
    assert "hunter2" not in str(caught.value)


def test_each_secret_and_output_inside_the_inputs_is_refused_by_its_path() -> None:
    secret = as_received("hunter2", sig=rpc._special_output_value_sig, secret=True)
    output = as_received("7", sig=rpc._special_output_value_sig)

    with pytest.raises(InputPropertiesError) as caught:
        arguments(
            settings={
                **SETTINGS,
                "schedules": [{"name": "daily", "expression": "rate(1 day)", "prompt": secret}],
                "tags": {"owner": "platform@example.com", "cost-center": output},
            },
            grants=[{"sid": "Look", "actions": [secret], "resources": ["*"]}],
        )

    assert [problem["property_path"] for problem in caught.value.errors or []] == [
        *("settings.schedules[0].prompt", "settings.tags.cost-center", "grants[0].actions[0]")
    ]
    assert next(problem["reason"] for problem in caught.value.errors or []) == (
        "is a secret, or depends on another resource: its value is needed before deployment, and is plain text in the "
        "deployed resources, in the state and in previews. Set it to a plain value"
    )


def test_a_grant_takes_the_arn_of_another_resource_and_keeps_it_secret() -> None:
    def construct() -> None:
        arn = pulumi.Output.secret("arn:aws:s3:::others")
        grant = {
            "sid": "Look",
            "actions": ["s3:GetObject"],
            "resources": [arn],
            "conditions": {"StringEquals": {"aws:SourceArn": arn}},
        }
        document = policy(arguments(grants=[grant]).grants)
        pulumi.export("secret", pulumi.Output.from_input(document.is_secret()))
        pulumi.export("policy", pulumi.Output.unsecret(document))

    recording = recorded.record(construct, project="shop", stack_name="dev", config={})

    assert recording.error is None
    assert recording.outputs["secret"] is True
    assert json.loads(recording.outputs["policy"])["Statement"][0]["Resource"] == ["arn:aws:s3:::others"]


def test_a_model_factory_that_the_bundle_does_not_contain_is_an_error_of_its_input() -> None:
    with pytest.raises(InputPropertiesError) as caught:
        arguments(settings=SETTINGS | {"modelFactory": "nowhere:create"})

    assert caught.value.errors is not None
    (error,) = caught.value.errors
    assert error["property_path"] == "settings.modelFactory"
    assert "the agent's bundle has no module nowhere" in error["reason"]


def test_a_missing_input_is_named() -> None:
    with pytest.raises(InputPropertyError) as caught:
        arguments(sources={"folders": ["agent"]})

    assert caught.value.property_path == "sources.entry"


def test_the_package_builds_the_component_and_returns_its_outputs() -> None:
    def construct() -> None:
        result = package.provider().construct(
            "sizer", "agent-runs:index:FireAndForgetAgent", {"settings": SETTINGS, "sources": SOURCES}
        )
        pulumi.export("returned", result.state)

    recording = recorded.record(construct, project="shop", stack_name="dev", config={})

    assert recording.error is None
    assert recording.outputs["returned"]["journalTableName"] == "shop-dev-journal"
    assert sorted(recording.outputs["returned"]) == sorted(
        json.loads(package.schema())["resources"]["agent-runs:index:FireAndForgetAgent"]["properties"]
    )
    assert len(recording.resources) > 100


def test_outputs_have_the_types_of_the_schema_when_the_agent_has_no_schedules() -> None:
    settings = {key: value for key, value in SETTINGS.items() if key != "schedules"}

    def construct() -> None:
        result = package.provider().construct(
            "sizer", "agent-runs:index:FireAndForgetAgent", {"settings": settings, "sources": SOURCES}
        )
        pulumi.export("returned", result.state)

    returned = recorded.record(construct, project="shop", stack_name="dev", config={}).outputs["returned"]

    declared = json.loads(package.schema())["resources"]["agent-runs:index:FireAndForgetAgent"]["properties"]
    types = {"string": str, "object": dict, "integer": int}
    assert {name: type(value) for name, value in returned.items()} == {
        name: types[property_["type"]] for name, property_ in declared.items()
    }
    assert returned["schedules"] == {}


def test_a_project_name_that_cannot_be_part_of_resource_names_is_refused() -> None:
    def construct() -> None:
        package.provider().construct(
            "sizer", "agent-runs:index:FireAndForgetAgent", {"settings": SETTINGS, "sources": SOURCES}
        )

    recording = recorded.record(construct, project="Lambda_cost.optimizer-team-service", stack_name="dev", config={})

    assert "The project's name" in str(recording.error)
    assert [r for r in recording.resources if r.custom] == []


def test_pulumi_s_engine_finds_the_package_served() -> None:
    process = subprocess.Popen(
        [sys.executable, str(PROJECT / "package"), "127.0.0.1:1"], stdout=subprocess.PIPE, cwd="/", text=True
    )
    try:
        assert process.stdout is not None
        port = int(process.stdout.readline())
        with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
            engine = provider_pb2_grpc.ResourceProviderStub(channel)
            answer = engine.GetSchema(provider_pb2.GetSchemaRequest(), timeout=20)
    finally:
        process.kill()
        process.communicate()

    assert json.loads(answer.schema) == json.loads(package.schema())


def test_the_program_in_the_guide_has_the_inputs_of_the_component(monkeypatch: pytest.MonkeyPatch) -> None:
    page = (PROJECT / "docs" / "second-agent.md").read_text()
    (program,) = re.findall(r"^```yaml\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    ((name, resource),) = yaml.safe_load(program)["resources"].items()
    built: list[AgentSources] = []

    def build(sources: AgentSources) -> list[Bundle]:
        built.append(sources)
        return []

    monkeypatch.setattr(package, "_bundles", build)

    given = arguments(**resource["properties"])

    assert (name, resource["type"]) == ("sizer", "agent-runs:FireAndForgetAgent")
    assert built == [
        AgentSources(project=".", folders=["agent", "sizer"], entry="sizer/__main__.py", dependency_group="sizer")
    ]
    assert given.settings.model_id == resource["properties"]["settings"]["modelId"]
