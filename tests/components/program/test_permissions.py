"""The permissions of the whole program's roles."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from agent.analyst import environment as analyst_environment
from components.testing.mocks import ACCOUNT, REGION
from policies.rules.documents import statements
from tests.components import recorded
from tests.components.recorded import PROJECT, Recording
from tests.delivery.iam import allows

# The SDK's deprecated classes warn on import, even if the program does not use them.
pytestmark = pytest.mark.filterwarnings("ignore:.* has been deprecated in favor of:DeprecationWarning")


# Statements with a wildcard: AWS has no narrower resource, or the name is unknown before a run.
EXPECTED_WILDCARDS = {
    "agent": {
        "FindLogStreams",
        "OwnLogStreams",
        "MakeLogGroup",
        "ReceiveSpans",
        "FindLogGroups",
        "Traces",
        "Metrics",
        "KeepReports",
        "KeepConversations",
        "InvokeModelThroughProfile",
        "ListFunctions",
        "ReadAdvice",
        "ReadFunctions",
        "ReadMetrics",
        "ReadSavingsPlans",
        "ReadLogGroups",
        "ReadFunctionLogs",
    },
    "start": {"OwnLogs", "Traces"},
    "stop": {"OwnLogs", "Traces"},
    "workflow": {"InvokeFunctions", "DeliverLogs", "Traces"},
    "cancellation": {"DeliverLogs", "Traces"},
    "schedule-watch": {"DeliverLogs", "Traces"},
}

# Statements that the roles of several components have: for logs, traces and the stack's key.
HOUSEKEEPING = {"OwnLogs", "DeliverLogs", "Traces", "UseKeyOfJournal", "UseKeyOfReports", "UseKeyOfDeadLetters"}


def trusts(recording: Recording) -> Mapping[str, dict[str, Any]]:
    return {role["name"]: json.loads(role["assumeRolePolicy"])["Statement"][0] for role in recording.of("Role")}


def allowed(recording: Recording, part: str) -> set[str]:
    (statements,) = (s for role, s in recording.policies().items() if re.fullmatch(rf"agent-runs-\w+-{part}", role))
    return {action for s in statements if s["Sid"] not in HOUSEKEEPING for action in s["Action"]}


def test_no_action_has_a_wildcard_and_only_expected_statements_have_wildcard_resources(deployed: Recording) -> None:
    policies = deployed.policies()
    wild = {
        role.split("-", 3)[3]: {s["Sid"] for s in statements if any("*" in arn for arn in s["Resource"])}
        for role, statements in policies.items()
    }

    assert {part: sids for part, sids in wild.items() if sids} == EXPECTED_WILDCARDS
    assert [a for statements in policies.values() for s in statements for a in s["Action"] if "*" in a] == []


def test_every_role_has_the_permissions_boundary_of_the_settings(deployed: Recording) -> None:
    arn = "arn:aws:iam::123456789012:policy/boundary"
    bound = recorded.run(deployed.stack, agent=None, permissionsBoundary=arn)

    assert len(bound.of("Role")) > 5
    assert {role["permissionsBoundary"] for role in bound.of("Role")} == {arn}
    assert not [role.name for role in deployed.of("Role") if "permissionsBoundary" in role.inputs]


def test_policies_have_the_form_that_iam_accepts(deployed: Recording) -> None:
    for role, policy in ((r["role"], r["policy"]) for r in deployed.of("RolePolicy")):
        sids = [statement["Sid"] for statement in json.loads(policy)["Statement"]]
        assert len(set(sids)) == len(sids), role
        assert all(re.fullmatch("[A-Za-z0-9]+", sid) for sid in sids), role
        assert len(policy) < 10_240, "the limit of a role's inline policies"


def test_a_service_can_assume_a_role_only_for_this_stack(deployed: Recording) -> None:
    for role, statement in trusts(deployed).items():
        service = statement["Principal"]["Service"]
        if service == "lambda.amazonaws.com":
            assert "Condition" not in statement, "a condition that AWS does not document could lock Lambda out"
            continue
        conditions = statement["Condition"]
        assert conditions["StringEquals"] == {"aws:SourceAccount": ACCOUNT}, role
        source = conditions["ArnLike"]["aws:SourceArn"]
        assert source.startswith(f"arn:aws:{service.split('.')[0]}:{REGION}:{ACCOUNT}:"), role
        assert ("*" in source) == (service == "bedrock-agentcore.amazonaws.com"), role


def test_a_state_machine_has_exactly_the_permissions_that_its_definition_needs(deployed: Recording) -> None:
    actions = {
        "lambda:invoke": "lambda:InvokeFunction",
        "events:putEvents": "events:PutEvents",
        "aws-sdk:dynamodb:query": "dynamodb:Query",
    }

    for name, pulumi_name in {
        "workflow": "workflow",
        "cancellation": "workflow-cancellation",
        "schedule-watch": "watch",
    }.items():
        definition = json.loads(deployed.one("StateMachine", pulumi_name)["definition"])
        called = {task["Resource"].removeprefix("arn:aws:states:::") for task in tasks(definition)}
        needed = {actions.get(c) or re.sub(r":(\w)", lambda m: f":{m[1].upper()}", c) for c in called}
        assert allowed(deployed, name) == needed


def tasks(states: Any) -> Iterator[dict[str, Any]]:
    if isinstance(states, dict):
        if states.get("Type") == "Task":
            yield states
        for value in states.values():
            yield from tasks(value)


def test_only_the_stop_function_may_write_to_the_journal_and_each_has_one_action_on_sessions(
    deployed: Recording,
) -> None:
    assert allowed(deployed, "start") == {"bedrock-agentcore:InvokeAgentRuntime"}
    settles = {"dynamodb:Query", "dynamodb:UpdateItem"}
    assert allowed(deployed, "stop") == {"bedrock-agentcore:StopRuntimeSession", *settles}
    for part in ("start", "stop"):
        statement = next(s for role, ss in deployed.policies().items() if role.endswith(part) for s in ss)
        arn = deployed.outputs["agent_runtime_arn"]
        assert statement["Resource"] == [arn, f"{arn}/runtime-endpoint/DEFAULT"]


def test_the_agent_may_create_its_log_group_only_after_the_program_has_created_it(deployed: Recording) -> None:
    group = deployed.one("LogGroup", "agent")
    late = deployed.one("RolePolicy", "agent-log-group")
    statements = json.loads(late["policy"])["Statement"]
    arn = f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:{group['name']}"

    assert [s["Action"] for s in statements] == [["logs:CreateLogGroup"], ["logs:PutResourcePolicy"]]
    assert all(s["Resource"] == [arn, f"{arn}:*"] for s in statements)
    assert ("LogGroup", group.name) in late.waits_for
    assert ("RolePolicy", late.name) not in deployed.one("AgentcoreAgentRuntime").waits_for


def test_the_agent_can_write_only_its_journal_reports_conversations_and_telemetry(deployed: Recording) -> None:
    reading = re.compile(r"[\w-]+:(Get|List|Describe|Filter)\w+")
    changing = {
        action: statement["Resource"]
        for role, statements in deployed.policies().items()
        if role.endswith("-agent")
        for statement in statements
        for action in statement["Action"]
        if not reading.fullmatch(action) and not statement["Sid"].startswith("UseKey")
    }

    assert set(changing) == {
        *("dynamodb:PutItem", "dynamodb:UpdateItem"),
        "s3:PutObject",
        *("bedrock:InvokeModel", "bedrock:InvokeModelWithResponseStream"),
        *("logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents", "logs:PutResourcePolicy"),
        *("xray:PutTraceSegments", "xray:PutTelemetryRecords", "cloudwatch:PutMetricData"),
    }
    assert changing["dynamodb:UpdateItem"] == [
        f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/{deployed.outputs['journal_table_name']}"
    ]


@pytest.mark.parametrize(
    ("key", "may_write"),
    [("0b5e2f3a-1111-4222-8333-444455556666", True), ("LIMIT#LIVE", False), ("LIMIT#schedule weekly", False)],
)
def test_the_agent_cannot_write_the_items_by_which_the_workflow_limits_runs(
    deployed: Recording, key: str, may_write: bool
) -> None:
    (policy,) = (found for role, found in deployed.policies().items() if role.endswith("-agent"))
    document = [one for one in statements({"Statement": policy}) if one.sid == "KeepJournal"]
    table = f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/{deployed.outputs['journal_table_name']}"
    context = {"dynamodb:leadingkeys": [key]}

    allowed = [allows(document, f"dynamodb:{action}", table, context) for action in ("PutItem", "UpdateItem")]

    assert allowed == [may_write, may_write]


def test_the_agent_may_read_exactly_what_its_code_requests(dev: Recording) -> None:
    paths = [*(PROJECT / "agent/analyst").rglob("*.py")]
    assert len(paths) > 40, "the folder has moved"
    source = "\n".join(path.read_text() for path in paths)
    # `client.list_x(`, `clients.get("service", region).list_x(` and the same with a paginator on the next line
    paginated = re.findall(r'get_paginator\("(\w+)"\)', source)
    calls = r"(?:\bclient|ENDPOINT\)|region\))\.((?:get|list|describe|filter)_(?!paginator|object)\w+)\("
    called = re.findall(calls, source)
    asked = {"".join(word.title() for word in name.split("_")) for name in [*paginated, *called]}
    read = {
        *("ListFunctions", "ReadFunctions", "ReadMetrics", "ReadLogGroups", "ReadFunctionLogs"),
        *("ReadAdvice", "ReadPrices", "ReadSavingsPlans", "ReadTags"),
    }

    def granted(recording: Recording) -> set[str]:
        return {
            action.split(":")[1]
            for role, statements in recording.policies().items()
            if role.endswith("-agent")
            for s in statements
            if s["Sid"] in read
            for action in s["Action"]
        }

    assert granted(recorded.run("dev", refreshPrices=True, groupByTag="owner")) == asked
    assert granted(dev) == asked - {"GetProducts", "GetResources"}


def test_the_agent_may_read_tags_only_if_the_settings_name_one(dev: Recording) -> None:
    grouping = recorded.run("dev", groupByTag="owner")

    def tag(recording: Recording) -> str:
        variables = recording.one("AgentcoreAgentRuntime")["environmentVariables"]
        return analyst_environment.read(variables).group_by_tag

    def actions(recording: Recording) -> set[str]:
        return {a for statements in recording.policies().values() for s in statements for a in s["Action"]}

    assert (tag(dev), tag(grouping)) == ("", "owner")
    assert [action for action in actions(dev) if action.startswith("tag:")] == []
    assert [action for action in actions(grouping) if action.startswith("tag:")] == ["tag:GetResources"]


def test_the_agent_may_read_the_price_list_only_if_the_settings_enable_it(dev: Recording) -> None:
    refreshing = recorded.run("dev", refreshPrices=True)

    def refreshes(recording: Recording) -> bool:
        variables = recording.one("AgentcoreAgentRuntime")["environmentVariables"]
        return analyst_environment.read(variables).refresh_prices

    def statements_of(recording: Recording) -> list[Any]:
        return [s for statements in recording.policies().values() for s in statements if s["Sid"] == "ReadPrices"]

    assert (refreshes(dev), statements_of(dev)) == (False, [])
    assert refreshes(refreshing)
    assert statements_of(refreshing) == [
        {"Sid": "ReadPrices", "Effect": "Allow", "Action": ["pricing:GetProducts"], "Resource": ["*"]}
    ]
