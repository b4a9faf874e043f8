"""The whole program, for each stack: its outputs, its names, its tags, and its errors."""

from __future__ import annotations

import re

import pulumi
import pytest

from components.settings import checks
from tests.components import recorded
from tests.components.recorded import PROJECT, STACKS, Recording

# The SDK's deprecated classes warn on import, even if the program does not use them.
pytestmark = pytest.mark.filterwarnings("ignore:.* has been deprecated in favor of:DeprecationWarning")


OUTPUTS = {
    "event_bus_name",
    "journal_table_name",
    "report_bucket_name",
    "state_machine_arn",
    "cancellation_state_machine_arn",
    "agent_runtime_arn",
    "agent_runtime_id",
    "start_function_name",
    "stop_function_name",
    "schedules",
    "schedule_group_name",
    "alarm_topic_arn",
    "dashboard_name",
    "log_group_names",
    "max_attempts",
}


def test_the_program_runs_and_has_the_outputs_that_operators_and_tools_need(deployed: Recording) -> None:
    assert deployed.error is None
    assert set(deployed.outputs) == OUTPUTS | {"agents"}
    assert all(deployed.outputs.values())


def test_the_output_agents_has_the_same_form_for_one_agent_as_for_several(deployed: Recording) -> None:
    assert deployed.outputs["agents"] == {"analyst": {name: deployed.outputs[name] for name in OUTPUTS}}


def test_outputs_keep_their_types_without_optional_settings(prod: Recording) -> None:
    def types(recording: Recording) -> dict[str, type]:
        found = {name: type(value) for name, value in recording.outputs.items()}
        for urn, outputs in recording.component_outputs.items():
            component = urn.split("::")[-1]
            found |= {f"{component}.{name}": type(value) for name, value in outputs.items()}
        return found

    empty = recorded.run("dev", schedules=None, alarmEmails=[], analysisRegions=[])

    assert empty.outputs["schedules"] == {}
    full = types(prod)
    assert {name: kind for name, kind in types(empty).items() if kind != full[name]} == {}


def test_dev_and_prod_have_the_same_resources_except_for_their_settings(dev: Recording, prod: Recording) -> None:
    def kinds(recording: Recording) -> set[tuple[str, str]]:
        return {(r.type, r.name) for r in recording.resources if r.type != "pulumi:pulumi:Stack"}

    assert kinds(dev) - kinds(prod) == set()
    assert kinds(prod) - kinds(dev) == {
        ("aws:scheduler/schedule:Schedule", "analyst-scheduler-month-end"),
        ("aws:scheduler/schedule:Schedule", "analyst-watch-month-end"),
        ("aws:sns/topicSubscription:TopicSubscription", "analyst-observability-platform@example.com"),
        ("agent-runs:index:EncryptionKey", "analyst-key"),
        ("aws:kms/key:Key", "analyst-key"),
        ("aws:kms/alias:Alias", "analyst-key"),
    }


def test_no_code_of_the_program_depends_on_the_name_of_the_stack() -> None:
    paths = [PROJECT / "__main__.py", *(PROJECT / "components").rglob("*.py")]
    naming = {str(path) for path in paths if re.search(rf"""["']({"|".join(STACKS)}|local)["']""", path.read_text())}

    assert len(paths) > 40, "the folder has moved"
    assert naming == set()


def test_every_resource_has_a_component_and_every_component_registers_outputs(deployed: Recording) -> None:
    custom = [r for r in deployed.resources if r.custom]
    components = [r for r in deployed.resources if r.type.startswith("agent-runs:")]

    assert [r.name for r in custom if "agent-runs:index:" not in r.parent] == []
    assert len(deployed.component_outputs) == len(components)
    assert all(deployed.component_outputs.values())


def test_physical_names_contain_project_and_stack_and_are_short_enough(deployed: Recording) -> None:
    limits = {
        "Bucket": 63,
        "Function": 64,
        "Role": 64,
        "Schedule": 64,
        "StateMachine": 80,
        "Queue": 80,
        "EventRule": 64,
    }
    names = [
        (r.type, name, limits.get(r.type.split(":")[-1], 255))
        for r in deployed.resources
        for name in [r.inputs.get("name") or r.inputs.get("bucket") or r.inputs.get("agentRuntimeName")]
        if r.custom and name
    ]

    own = re.compile(rf"agent[-_]runs[-_]{deployed.stack.replace('-', '[-_]')}([-_/]|$)")
    assert len(names) > 20
    assert [n for n in names if not own.search(n[1])] == []
    assert [n for n in names if len(n[1]) > n[2]] == []


def test_resources_with_tags_have_the_required_tags(deployed: Recording) -> None:
    tagged = [r for r in deployed.resources if "tags" in r.inputs]

    assert {r.type.split(":")[-1] for r in tagged} >= {"Table", "Bucket", "Function", "StateMachine", "Role", "Queue"}
    assert [r.name for r in tagged if not {"owner", "cost-center"} <= set(r["tags"])] == []


def test_every_log_group_has_a_retention(deployed: Recording) -> None:
    groups = {group["name"]: group["retentionInDays"] for group in deployed.of("LogGroup")}

    assert len(groups) == 6
    assert set(groups.values()) <= set(checks.LOG_RETENTION_DAYS)
    assert f"/aws/bedrock-agentcore/runtimes/{deployed.outputs['agent_runtime_id']}-DEFAULT" in groups


def test_invalid_settings_stop_the_program_with_a_message_and_no_traceback() -> None:
    stopped = recorded.run("dev", modelId=None, leaseSeconds=1)

    assert type(stopped.error) is pulumi.RunError
    assert str(stopped.error).startswith("The stack's settings have 3 problems:")
    assert stopped.error.__suppress_context__
    assert [r for r in stopped.resources if r.custom] == []


def test_an_invalid_stack_name_stops_the_program_with_a_message() -> None:
    stopped = recorded.run("dev", stack_name="Staging-Environment")

    assert type(stopped.error) is pulumi.RunError
    assert "Choose a name such as dev or prod" in str(stopped.error)
