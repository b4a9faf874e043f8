"""Values that look right and are refused, and the rules that hold between values."""

from __future__ import annotations

import json

import botocore.session
import pulumi_aws
import pytest

from components.settings.checks.regions import REGIONS
from components.settings.problems import SettingsError
from components.settings.stack_file import check_settings
from tests.components.settings.test_settings import NOW, VALID, problems, read, schedule


def tags(**others: str) -> str:
    return json.dumps({"owner": "platform@example.com", "cost-center": "42"} | others)


@pytest.mark.parametrize("key", ["aws:team", "AWS:team", "aws:"])
def test_a_tag_with_the_prefix_that_aws_reserves_is_refused(key: str) -> None:
    (problem,) = problems(tags=tags(**{key: "x"}))

    assert problem == (
        f'agent-runs:tags.{key} is "x": AWS reserves the prefix aws: and refuses a tag whose key begins with it. '
        "Remove the prefix"
    )


@pytest.mark.parametrize(
    ("key", "value", "rule"),
    [
        ("te*m", "a*b", "the key and the value of a tag may contain only"),
        ("te*m", "x", "the key of a tag may contain only"),
        ("te*m", " ", "it must be a text that is not blank"),
        ("team", "aws:x", "AWS reserves the prefix"),
        ("k" * 129, "x", "128 characters in the key"),
        ("team", "x" * 257, "256 characters in the value"),
        ("owner", "a*b", "the value of a tag may contain only"),
    ],
)
def test_a_bad_tag_is_one_problem(key: str, value: str, rule: str) -> None:
    (problem,) = problems(tags=tags(**{key: value}))

    assert rule in problem


def test_tag_keys_that_differ_only_in_case_are_refused() -> None:
    named = problems(tags=tags(Team="x", team="x"))

    assert [problem.split(" ")[0] for problem in named] == ["agent-runs:tags.Team", "agent-runs:tags.team"]


def test_an_unknown_region_is_refused_with_the_nearest_name_and_a_way_out() -> None:
    (problem,) = problems(analysisRegions='["eu-west-9"]')

    assert problem.startswith('agent-runs:analysisRegions is "eu-west-9": it must be the name of an AWS region. ')
    assert "Did you mean eu-west-" in problem
    assert "components.settings.checks.regions" in problem


def test_an_unknown_region_of_the_provider_is_refused_with_every_other_problem() -> None:
    values = {f"agent-runs:{key}": value for key, value in VALID.items()} | {"agent-runs:maxTurns": "0"}

    with pytest.raises(SettingsError) as caught:
        check_settings(values | {"aws:region": "eu-wst-1"}, project="agent-runs", now=NOW)

    assert [problem.key for problem in caught.value.problems] == ["aws:region", "agent-runs:maxTurns"]
    assert "Did you mean eu-west-1?" in str(caught.value)
    with pytest.raises(SettingsError) as without_region:
        check_settings(values, project="agent-runs", now=NOW)
    assert [problem.key for problem in without_region.value.problems] == ["agent-runs:maxTurns"]


def test_every_region_that_botocore_and_the_provider_know_is_accepted() -> None:
    session = botocore.session.get_session()
    known = {
        name
        for partition in session.get_available_partitions()
        for service in ("ec2", "lambda", "sts")
        for name in session.get_available_regions(service, partition)
    }

    assert known - REGIONS == set(), "add the new regions, and change the month"
    assert {one.value for one in pulumi_aws.Region} - REGIONS == set()


@pytest.mark.parametrize(
    ("key", "values"),
    [
        ("alarmEmails", ["a@example.com", "A@example.com"]),
        ("analysisRegions", ["eu-west-1", "us-east-1", "eu-west-1"]),
    ],
)
def test_a_value_that_is_in_a_list_twice_is_refused(key: str, values: list[str]) -> None:
    (problem,) = problems(**{key: json.dumps(values)})

    assert problem == f'agent-runs:{key} is "{values[-1]}": it is in the list twice. Remove one of them'


def test_a_time_in_the_past_is_a_warning_in_the_time_zone_of_its_schedule(caplog: pytest.LogCaptureFixture) -> None:
    assert read(schedules=schedule(expression="at(2026-11-28T20:59:00)", timeZone="Asia/Tokyo")).schedules

    (warning,) = caplog.messages
    assert warning == (
        'agent-runs:schedules[0].expression is "at(2026-11-28T20:59:00)": this time is past, because it is '
        "2026-11-28T21:00:00 in Asia/Tokyo. Remove the schedule, or write a later time"
    )
    assert read(schedules=schedule(expression="at(2026-11-28T20:59:00)")).schedules
    assert len(caplog.messages) == 1, "this time is not past in UTC"


@pytest.mark.parametrize(
    ("changes", "key"),
    [
        ({"inputTokenPrice": "cheap", "outputTokenPrice": "1"}, "inputTokenPrice"),
        ({"outputTokenPrice": "nan", "inputTokenPrice": "1"}, "outputTokenPrice"),
        ({"leaseSeconds": "short", "heartbeatSeconds": "100"}, "leaseSeconds"),
        ({"heartbeatSeconds": "0", "leaseSeconds": "60"}, "heartbeatSeconds"),
        ({"workflowDeadlineSeconds": "0", "agentDeadlineSeconds": "4000"}, "workflowDeadlineSeconds"),
        ({"maxPromptCharacters": "0", "defaultPrompt": "x" * 8_001}, "maxPromptCharacters"),
        ({"subnetIds": "private", "securityGroupIds": '["sg-0123456789abcdef0"]'}, "subnetIds"),
    ],
)
def test_a_value_that_cannot_be_used_causes_no_second_problem(changes: dict[str, str], key: str) -> None:
    (problem,) = problems(**changes)

    assert problem.startswith(f"agent-runs:{key} is ")


@pytest.mark.parametrize("key", ["modelId", "inputTokenPrice", "notifyOn", "logLevel", "protect", "maxTurns"])
def test_a_text_is_quoted_in_every_message(key: str) -> None:
    (problem,) = [problem for problem in problems(**{key: "cheap"}) if key in problem]

    assert problem.startswith(f'agent-runs:{key} is "cheap": it must be ')


def test_a_long_value_leaves_room_for_the_rule_and_the_remedy() -> None:
    (problem,) = problems(defaultPrompt="Analyse the functions " * 10, maxPromptCharacters="100")

    assert problem.index("it has 220 characters") < 120
    assert problem.endswith("Shorten it, or raise maxPromptCharacters")


EVALUATION = {"traceContent": "true", "evaluators": '["Builtin.Helpfulness"]', "evaluationPercentage": "10"}


@pytest.mark.parametrize(
    ("changes", "key", "rule"),
    [
        ({"traceContent": "false"}, "evaluators", "spans do not contain them without traceContent"),
        ({"evaluationPercentage": None}, "evaluationPercentage", "evaluators is set, and both are needed"),
        ({"evaluators": None}, "evaluators", "evaluationPercentage is set, and both are needed"),
        ({"evaluationPercentage": "0"}, "evaluationPercentage", "0.01"),
        ({"evaluators": '["helpfulness"]'}, "evaluators", "it must be the id of an evaluator of AgentCore"),
        ({"evaluators": json.dumps([f"Builtin.{n}" for n in range(26)])}, "evaluators", "AgentCore accepts 25"),
    ],
)
def test_an_evaluation_that_agentcore_would_refuse_or_that_finds_nothing_is_refused(
    changes: dict[str, str | None], key: str, rule: str
) -> None:
    given = {name: value for name, value in (EVALUATION | changes).items() if value is not None}
    (problem,) = problems(**given)

    assert problem.startswith(f"agent-runs:{key}")
    assert rule in problem
    assert read(**EVALUATION).evaluation_percentage == 10
