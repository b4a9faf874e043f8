from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
import yaml

from agent.harness.variables import Variable
from components.settings import project_file
from components.settings.budgets import Budgets
from components.settings.model import Settings
from components.settings.problems import SettingsError
from components.settings.reading import settings_from_config, settings_from_inputs
from components.settings.schedules import ScheduleSettings
from components.settings.setting import agent_variables, camel_case, declared
from tests.components import recorded

NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)

VALID: dict[str, Any] = {
    "modelId": "eu.anthropic.claude-haiku-4-5-20251001-v1:0",
    "tags": json.dumps({"owner": "platform@example.com", "cost-center": "42"}),
}


def read(**changes: Any) -> Settings:
    return settings_from_config(
        {key: value for key, value in (VALID | changes).items() if value is not None}, namespace="agent-runs", now=NOW
    )


def problems(**changes: Any) -> list[str]:
    with pytest.raises(SettingsError) as caught:
        read(**changes)
    return [str(problem) for problem in caught.value.problems]


def schedule(**changes: Any) -> str:
    return json.dumps([{"name": "weekly", "expression": "rate(7 days)"} | changes])


def test_only_model_and_tags_are_required_and_the_rest_has_defaults() -> None:
    settings = read()

    assert settings.budgets == Budgets()
    assert settings.tags == {"owner": "platform@example.com", "cost-center": "42"}
    assert settings.schedules == ()
    assert not settings.protect


def test_values_are_read_from_the_text_that_pulumi_passes_on() -> None:
    settings = read(
        leaseSeconds="90",
        protect="true",
        analysisRegions='["eu-west-1", "us-east-1"]',
        starterReservedConcurrency="5",
        schedules=schedule(timeZone="Europe/Berlin", prompt="Only the idle ones", flexibleWindowMinutes=15),
    )

    assert settings.budgets.lease_seconds == 90
    assert settings.protect
    assert settings.analysis_regions == ("eu-west-1", "us-east-1")
    assert settings.starter_reserved_concurrency == 5
    assert settings.schedules == (
        ScheduleSettings(
            name="weekly",
            expression="rate(7 days)",
            time_zone="Europe/Berlin",
            prompt="Only the idle ones",
            flexible_window_minutes=15,
        ),
    )


def test_all_problems_are_reported_at_once_each_with_key_value_rule_and_remedy() -> None:
    with pytest.raises(SettingsError) as caught:
        read(modelId=None, leaseSeconds="10", heartbeatSecond="5", tags='{"owner": "nobody", "cost-center": "42"}')

    assert str(caught.value).splitlines() == [
        "The stack's settings have 5 problems:",
        "  - agent-runs:modelId is missing: it is required. Set agent-runs:modelId",
        "  - agent-runs:leaseSeconds is 10: it must be at least three times heartbeatSeconds, which is 30. "
        "Raise it, or lower heartbeatSeconds",
        "  - agent-runs:leaseSeconds is 10: it must be at least pollMaxSeconds, which is 60. "
        "Raise it, or lower pollMaxSeconds",
        '  - agent-runs:tags.owner is "nobody": it must be an e-mail address. '
        "Write an address such as platform@example.com",
        '  - agent-runs:heartbeatSecond is "5": there is no such setting. Did you mean agent-runs:heartbeatSeconds?',
    ]


@pytest.mark.parametrize("tag", ["owner", "cost-center"])
def test_a_required_tag_cannot_be_left_out(tag: str) -> None:
    tags = {"owner": "platform@example.com", "cost-center": "42"}
    del tags[tag]

    assert problems(tags=json.dumps(tags)) == [
        f"agent-runs:tags.{tag} is missing: it is required. Set agent-runs:tags.{tag}"
    ]


def test_an_unknown_key_is_refused_inside_a_schedule_too() -> None:
    (problem,) = problems(schedules=schedule(timezone="UTC"))

    assert problem.endswith("there is no such setting. Did you mean agent-runs:schedules[0].timeZone?")


def test_an_unknown_key_without_a_similar_one_is_reported_with_all_known_keys() -> None:
    (problem,) = problems(zzz="1")

    assert "Known are: agentDeadlineSeconds, alarmEmails, analysisRegions, baseModelId, customerManagedKeys" in problem


@pytest.mark.parametrize(
    ("changes", "key"),
    [
        ({"leaseSeconds": "89", "pollMaxSeconds": "30"}, "leaseSeconds"),
        ({"leaseSeconds": "91", "pollMaxSeconds": "92"}, "leaseSeconds"),
        ({"pollMinSeconds": "61"}, "pollMaxSeconds"),
        ({"agentDeadlineSeconds": "180", "leaseSeconds": "180"}, "agentDeadlineSeconds"),
        ({"startSeconds": "3000"}, "agentDeadlineSeconds"),
        ({"expectedSeconds": "3001"}, "agentDeadlineSeconds"),
        ({"workflowDeadlineSeconds": "3000"}, "workflowDeadlineSeconds"),
        ({"maxLifetimeSeconds": "3600"}, "maxLifetimeSeconds"),
        ({"idleTimeoutSeconds": "7201"}, "maxLifetimeSeconds"),
        ({"idleTimeoutSeconds": "59"}, "idleTimeoutSeconds"),
        ({"maxLifetimeSeconds": "28801"}, "maxLifetimeSeconds"),
        ({"maxAttempts": "0"}, "maxAttempts"),
    ],
)
def test_budgets_that_are_out_of_order_are_refused(changes: dict[str, str], key: str) -> None:
    (problem,) = problems(**changes)

    assert problem.startswith(f"agent-runs:{key} is ")


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("modelId", "Claude Haiku"),
        ("modelFactory", "agent.models.bedrock"),
        ("analysisRegions", '["Ireland"]'),
        ("analysisRegions", "eu-west-1"),
        ("refreshPrices", "weekly"),
        ("logLevel", "verbose"),
        ("notifyOn", "sometimes"),
        ("logRetentionDays", "10"),
        ("maxTurns", "many"),
        ("maxTokens", "0"),
        ("defaultPrompt", "x" * 8_001),
        ("defaultPrompt", " "),
        ("protect", "perhaps"),
        ("starterReservedConcurrency", "0"),
        ("inputTokenPrice", "1001"),
        ("outputTokenPrice", "cheap"),
        ("alarmEmails", '["operators"]'),
        ("customerManagedKeys", "aws/s3"),
        ("schedules", '["weekly"]'),
        ("schedules", json.dumps([{"name": "a", "expression": "rate(1 day)"}] * 2)),
        ("schedules", schedule(name="Every Week")),
        ("schedules", schedule(expression=None)),
        ("schedules", schedule(timeZone="Europe/Bern")),
        ("schedules", schedule(prompt="x" * 8_001)),
        ("schedules", schedule(flexibleWindowMinutes=1_441)),
        ("tags", '{"owner": "a@example.com", "cost-center": "1", "team": "a*b"}'),
    ],
)
def test_a_value_that_breaks_its_rule_is_one_problem_that_names_its_key(key: str, value: str) -> None:
    (problem,) = problems(**{key: value})

    assert problem.startswith(f"agent-runs:{key}")
    assert problem.count(". ") >= 1, "no remedy"


@pytest.mark.parametrize("value", ["boundary", "arn:aws:iam::123456789012:role/boundary", "arn:aws:iam::1:policy/b"])
def test_a_permissions_boundary_must_be_the_arn_of_a_managed_policy(value: str) -> None:
    assert "it must be the ARN of a managed policy" in problems(permissionsBoundary=value)[0]


def test_subnets_and_security_groups_must_be_ids() -> None:
    named = problems(subnetIds='["private"]', securityGroupIds='["sg-0123456789abcdef0", "all"]')

    assert [problem.split(":")[1].split(" ")[0] for problem in named] == ["subnetIds", "securityGroupIds"]


@pytest.mark.parametrize(
    ("given", "missing"),
    [
        ({"subnetIds": '["subnet-0123456789abcdef0"]'}, "securityGroupIds"),
        ({"securityGroupIds": '["sg-0123456789abcdef0"]'}, "subnetIds"),
        ({"inputTokenPrice": "1.1"}, "outputTokenPrice"),
        ({"outputTokenPrice": "5.5"}, "inputTokenPrice"),
    ],
)
def test_if_only_one_setting_of_a_pair_is_set_the_other_one_is_named(given: dict[str, str], missing: str) -> None:
    (problem,) = problems(**given)

    assert problem.startswith(f"agent-runs:{missing} is ")
    assert problem.endswith("Set both or neither")


def test_an_invalid_log_retention_is_reported_with_the_next_longer_valid_one() -> None:
    (problem,) = problems(logRetentionDays="100")

    assert problem.endswith("The next longer retention is 120")


def test_a_misspelled_time_zone_is_reported_with_the_nearest_name() -> None:
    (problem,) = problems(schedules=schedule(timeZone="Europe/Berln"))

    assert problem.endswith("Did you mean Europe/Berlin?")


@pytest.mark.parametrize("stack", recorded.STACKS)
def test_the_settings_in_each_stack_file_are_valid(stack: str) -> None:
    prefix = "agent-runs:"
    values = {k.removeprefix(prefix): v for k, v in recorded.configuration(stack).items() if k.startswith(prefix)}

    assert settings_from_config(values, namespace="agent-runs", now=NOW).model_id


def test_pulumi_yaml_declares_the_settings_as_the_code_does() -> None:
    text = project_file.PATH.read_text()

    assert text == project_file.with_config(text), "run 'python -m components.settings.table --write'"


def test_pulumi_yaml_declares_each_setting_that_it_can_declare() -> None:
    declared_there = set(yaml.safe_load(project_file.PATH.read_text())["config"])
    in_code = {camel_case(name) for name in vars(read()) | vars(Budgets())}

    optional = {
        "baseModelId",
        "modelFactory",
        "temperature",
        "evaluationPercentage",
        "groupByTag",
        "inputTokenPrice",
        "outputTokenPrice",
        "permissionsBoundary",
        "starterReservedConcurrency",
    }
    assert in_code - declared_there == {"budgets", "schedules", "tags"} | optional


PROFILE = {
    "modelId": "arn:aws:bedrock:eu-west-1:123456789012:application-inference-profile/abcdef012345",
    "baseModelId": "eu.anthropic.claude-haiku-4-5-20251001-v1:0",
}


def test_each_setting_of_the_agent_becomes_the_variable_of_the_same_name() -> None:
    settings = read(
        maxTurns="7", leaseSeconds="95", modelFactory="agent.harness.models:bedrock", temperature="0", **PROFILE
    )
    variables = agent_variables(settings)

    assert (variables[Variable.MAX_TURNS], variables[Variable.LEASE_SECONDS]) == ("7", "95")
    assert set(variables) == set(Variable) - {Variable.JOURNAL_TABLE, Variable.REPORT_BUCKET}
    named = {one.key: one.setting.variable for kind in (Settings, Budgets) for one in declared(kind)}
    assert {key: name for key, name in named.items() if name} == {camel_case(name.lower()): name for name in variables}


def test_a_setting_without_a_value_has_no_variable() -> None:
    assert Variable.MODEL_FACTORY not in agent_variables(read())


def test_a_long_value_is_shortened_in_the_message() -> None:
    (problem,) = problems(defaultPrompt="x" * 8_001)

    assert len(problem) < 220
    assert "it has 8001 characters" in problem


def test_budgets_in_the_inputs_of_a_component_have_a_path_of_their_own() -> None:
    inputs = {"modelId": VALID["modelId"], "tags": json.loads(VALID["tags"])}

    with pytest.raises(SettingsError) as caught:
        settings_from_inputs({**inputs, "leaseSeconds": 90, "budgets": {"leaseSecond": 90}}, path="settings", now=NOW)

    assert [problem.key for problem in caught.value.problems] == [
        "settings.leaseSeconds",
        "settings.budgets.leaseSecond",
    ]
