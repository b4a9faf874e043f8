"""The whole program, run for both stacks, and what it would create."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

import pulumi
import pytest

from agent.analyst import environment as analyst_environment
from agent.harness import environment as agent_environment
from agent.harness import schema
from components.settings import checks
from components.testing.mocks import ACCOUNT, REGION
from functions import environment as functions_environment
from tests.components import recorded
from tests.components.recorded import PROJECT, Recording, Resource

# The SDK's superseded classes say so when their module is imported, whether they are used or not.
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
}
# What AWS can only allow on everything, or on names that are not known before a run.
EXPECTED_WILDCARDS = {
    "agent": {
        "FindLogStreams",
        "OwnLogStreams",
        "MakeLogGroup",
        "FindLogGroups",
        "Traces",
        "Metrics",
        "KeepReports",
        "KeepConversations",
        "InvokeModelThroughProfile",
        "ListFunctions",
        "ReadFunctions",
        "ReadMetrics",
        "ReadLogGroups",
        "ReadFunctionLogs",
    },
    "start": {"OwnLogs", "Traces"},
    "stop": {"OwnLogs", "Traces"},
    "workflow": {"InvokeFunctions", "DeliverLogs", "Traces"},
    "cancellation": {"DeliverLogs", "Traces"},
    "schedule-watch": {"DeliverLogs", "Traces"},
}
# What each role may do besides its work: about its own logs and traces, and under the stack's own key.
HOUSEKEEPING = {"OwnLogs", "DeliverLogs", "Traces", "UseKeyOfJournal", "UseKeyOfReports", "UseKeyOfDeadLetters"}


def trusts(recording: Recording) -> Mapping[str, dict[str, Any]]:
    return {role["name"]: json.loads(role["assumeRolePolicy"])["Statement"][0] for role in recording.of("Role")}


def allowed(recording: Recording, part: str) -> set[str]:
    (statements,) = (s for role, s in recording.policies().items() if re.fullmatch(rf"agent-runs-\w+-{part}", role))
    return {action for s in statements if s["Sid"] not in HOUSEKEEPING for action in s["Action"]}


def test_the_program_runs_and_exports_what_operators_and_tools_ask_for(deployed: Recording) -> None:
    assert deployed.error is None
    assert set(deployed.outputs) == OUTPUTS
    assert all(deployed.outputs.values())


def test_every_output_keeps_its_type_when_nothing_optional_is_set(prod: Recording) -> None:
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


def test_both_stacks_create_the_same_kinds_of_things(dev: Recording, prod: Recording) -> None:
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


def test_nothing_in_the_program_asks_for_the_stack_it_is_in() -> None:
    asking = {
        path.name
        for path in [PROJECT / "__main__.py", *(PROJECT / "components").glob("*.py")]
        if re.search(r"""["'](dev|prod|local)["']""", path.read_text())
    }

    assert asking == set()


def test_every_resource_belongs_to_a_component_and_every_component_tells_its_outputs(deployed: Recording) -> None:
    custom = [r for r in deployed.resources if r.custom]
    components = [r for r in deployed.resources if r.type.startswith("agent-runs:")]

    assert [r.name for r in custom if "agent-runs:index:" not in r.parent] == []
    assert len(deployed.component_outputs) == len(components)
    assert all(deployed.component_outputs.values())


def test_physical_names_say_whose_they_are_and_fit(deployed: Recording) -> None:
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

    assert len(names) > 20
    assert [n for n in names if not re.search(r"agent[-_]runs[-_](dev|prod)([-_/]|$)", n[1])] == []
    assert [n for n in names if len(n[1]) > n[2]] == []


def test_whatever_takes_tags_has_the_required_ones(deployed: Recording) -> None:
    tagged = [r for r in deployed.resources if "tags" in r.inputs]

    assert {r.type.split(":")[-1] for r in tagged} >= {"Table", "Bucket", "Function", "StateMachine", "Role", "Queue"}
    assert [r.name for r in tagged if not {"owner", "cost-center"} <= set(r["tags"])] == []


def test_every_log_group_forgets(deployed: Recording) -> None:
    groups = {group["name"]: group["retentionInDays"] for group in deployed.of("LogGroup")}

    assert len(groups) == 6
    assert set(groups.values()) <= set(checks.LOG_RETENTION_DAYS)
    assert f"/aws/bedrock-agentcore/runtimes/{deployed.outputs['agent_runtime_id']}-DEFAULT" in groups


def test_prod_guards_what_holds_data_and_dev_can_be_destroyed(dev: Recording, prod: Recording) -> None:
    def guards(recording: Recording) -> dict[str, object]:
        table = recording.one("Table")
        buckets = recording.of("Bucket")
        return {
            "pulumi": {table.protect, *(b.protect for b in buckets)},
            "deletion protection": table["deletionProtectionEnabled"],
            "point-in-time recovery": table["pointInTimeRecovery"]["enabled"],
            "emptied on destroy": {b["forceDestroy"] for b in buckets},
        }

    assert guards(prod) == {
        "pulumi": {True},
        "deletion protection": True,
        "point-in-time recovery": True,
        "emptied on destroy": {False},
    }
    assert guards(dev) == {
        "pulumi": {False},
        "deletion protection": False,
        "point-in-time recovery": False,
        "emptied on destroy": {True},
    }


def test_the_journal_has_the_keys_of_the_schema_and_an_index_of_runs_by_time(deployed: Recording) -> None:
    table = deployed.one("Table")

    assert (table["hashKey"], table["rangeKey"]) == (schema.PARTITION_KEY, schema.SORT_KEY)
    assert table["ttl"] == {"attributeName": schema.TTL_ATTRIBUTE, "enabled": True}
    (index,) = table["globalSecondaryIndexes"]
    assert index["name"] == schema.RUNS_INDEX
    assert index["keySchemas"] == [
        {"attributeName": schema.RUNS_INDEX_PARTITION_KEY, "keyType": "HASH"},
        {"attributeName": schema.RUNS_INDEX_SORT_KEY, "keyType": "RANGE"},
    ]
    keys = {attribute["name"] for attribute in table["attributes"]}
    assert keys == {
        schema.PARTITION_KEY,
        schema.SORT_KEY,
        schema.RUNS_INDEX_PARTITION_KEY,
        schema.RUNS_INDEX_SORT_KEY,
    }, "DynamoDB takes exactly the attributes that are keys"


def test_code_is_uploaded_only_into_a_bucket_that_is_as_it_is_meant_to_be(deployed: Recording) -> None:
    whole = {(r.type.split(":")[-1], r.name) for r in deployed.resources if r.type.startswith("aws:s3/")}
    bucket = {(kind, name) for kind, name in whole if name == "analyst-code"}

    assert len(bucket) == 7
    for uploaded in deployed.of("BucketObjectv2"):
        assert uploaded.waits_for >= bucket, uploaded.name


def test_buckets_are_private_encrypted_versioned_and_reached_over_tls_only(deployed: Recording) -> None:
    buckets = {r["bucket"] for r in deployed.of("Bucket")}

    for kind in (
        "BucketPublicAccessBlock",
        "BucketOwnershipControls",
        "BucketServerSideEncryptionConfiguration",
        "BucketVersioning",
        "BucketLifecycleConfiguration",
        "BucketPolicy",
    ):
        assert {r["bucket"] for r in deployed.of(kind)} == buckets, kind
    for policy in deployed.of("BucketPolicy"):
        (statement,) = json.loads(policy["policy"])["Statement"]
        assert (statement["Effect"], statement["Condition"]) == ("Deny", {"Bool": {"aws:SecureTransport": "false"}})
        assert statement["Resource"] == [f"arn:aws:s3:::{policy['bucket']}", f"arn:aws:s3:::{policy['bucket']}/*"]


def test_reports_and_conversations_expire_as_the_settings_say(prod: Recording) -> None:
    rules = {rule["id"]: rule for rule in prod.one("BucketLifecycleConfiguration", "reports")["rules"]}

    assert rules["expire-reports"]["filter"] == {"prefix": "reports/"}
    assert rules["expire-reports"]["expiration"] == {"days": 731}
    assert rules["expire-conversations"]["expiration"] == {"days": 365}


def test_code_lies_under_a_key_that_changes_with_its_content(deployed: Recording) -> None:
    keys = {r.part: r["key"] for r in deployed.of("BucketObjectv2")}

    assert re.fullmatch(r"functions/[0-9a-f]{32}\.zip", keys["code-functions"])
    assert re.fullmatch(r"agent/[0-9a-f]{32}\.zip", keys["code-agent"])
    assert {f["s3Key"] for f in deployed.of("Function")} == {keys["code-functions"]}
    code = deployed.one("AgentcoreAgentRuntime")["agentRuntimeArtifact"]["codeConfiguration"]
    assert code["code"]["s3"]["prefix"] == keys["code-agent"]
    assert code["entryPoints"] == ["opentelemetry-instrument", "main.py"]


def test_the_runtime_gets_the_environment_that_the_agent_reads(deployed: Recording) -> None:
    runtime = deployed.one("AgentcoreAgentRuntime")

    settings = agent_environment.read(runtime["environmentVariables"])

    assert settings.journal_table == deployed.outputs["journal_table_name"]
    assert settings.report_bucket == deployed.outputs["report_bucket_name"]
    assert settings.lease_seconds == 120
    assert len(runtime["environmentVariables"]) <= 50, "AgentCore takes no more"


def test_a_model_factory_is_handed_to_the_agent_only_if_one_is_set(dev: Recording) -> None:
    changed = recorded.run("dev", modelFactory="somewhere.models:build")

    assert "MODEL_FACTORY" not in dev.one("AgentcoreAgentRuntime")["environmentVariables"]
    variables = changed.one("AgentcoreAgentRuntime")["environmentVariables"]
    assert variables["MODEL_FACTORY"] == "somewhere.models:build"


def test_sessions_end_when_the_budgets_say(deployed: Recording) -> None:
    (lifecycle,) = deployed.one("AgentcoreAgentRuntime")["lifecycleConfigurations"]

    assert lifecycle == {"idleRuntimeSessionTimeout": 300, "maxLifetime": 7200}


def test_the_agent_runs_in_the_subnets_that_the_settings_name_or_in_none(dev: Recording) -> None:
    subnets, groups = ["subnet-0123456789abcdef0", "subnet-0123456789abcdef1"], ["sg-0123456789abcdef0"]
    inside = recorded.run("dev", subnetIds=subnets, securityGroupIds=groups)

    assert dev.one("AgentcoreAgentRuntime")["networkConfiguration"] == {"networkMode": "PUBLIC"}
    assert inside.one("AgentcoreAgentRuntime")["networkConfiguration"] == {
        "networkMode": "VPC",
        "networkModeConfig": {"subnets": subnets, "securityGroups": groups},
    }


@pytest.mark.parametrize("verb", ["start", "stop"])
def test_the_functions_have_handlers_that_exist_and_the_environment_that_they_read(
    deployed: Recording, verb: str
) -> None:
    function = deployed.one("Function", f"sessions-{verb}")
    module, _, handler = function["handler"].rpartition(".")
    tree = ast.parse((PROJECT / f"{module.replace('.', '/')}.py").read_text())

    assert handler in {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
    variables = function["environment"]["variables"]
    assert functions_environment.read(variables).agent_runtime_arn == deployed.outputs["agent_runtime_arn"]
    assert variables["POWERTOOLS_METRICS_NAMESPACE"] == "AgentRuns"
    assert function["tracingConfig"] == {"mode": "Active"}
    assert function["loggingConfig"] == {"logFormat": "JSON", "logGroup": f"/aws/lambda/{function['name']}"}
    assert (function["architectures"], function["timeout"], function["memorySize"]) == (["arm64"], 60, 256)


def test_only_prod_reserves_concurrency_and_only_for_the_start_function(dev: Recording, prod: Recording) -> None:
    def reserved(recording: Recording) -> dict[str, object]:
        return {f.part: f.inputs.get("reservedConcurrentExecutions") for f in recording.of("Function")}

    assert reserved(dev) == {"sessions-start": None, "sessions-stop": None}
    assert reserved(prod) == {"sessions-start": 5, "sessions-stop": None}


def test_all_machines_are_logged_without_their_data_and_traced(deployed: Recording) -> None:
    machines = deployed.of("StateMachine")

    assert len(machines) == 3
    for machine in machines:
        assert machine["type"] == "STANDARD"
        assert machine["tracingConfiguration"] == {"enabled": True}
        logging = machine["loggingConfiguration"]
        assert (logging["level"], logging["includeExecutionData"]) == ("ALL", False)
        assert logging["logDestination"].endswith(f":log-group:/aws/vendedlogs/states/{machine['name']}:*")


def test_the_definition_names_the_stack_s_own_resources(deployed: Recording) -> None:
    definition = deployed.one("StateMachine", "workflow")["definition"]

    for name in ("start", "stop"):
        assert f"function:{deployed.outputs[f'{name}_function_name']}" in definition
    assert deployed.outputs["journal_table_name"] in definition
    assert deployed.outputs["event_bus_name"] in definition


def test_a_request_starts_the_workflow_with_its_event_s_id_as_session(deployed: Recording) -> None:
    rule = deployed.one("EventRule", "scheduler-run-requested")
    target = deployed.one("EventTarget", "scheduler-run-requested")

    assert json.loads(rule["eventPattern"]) == {"detail-type": ["Agent Run Requested"]}
    assert rule["eventBusName"] == target["eventBusName"] == deployed.outputs["event_bus_name"]
    assert target["arn"] == deployed.outputs["state_machine_arn"]
    event = {"$.id": '"e-1"', "$.time": '"2026-01-01T00:00:00Z"', "$.source": '"cli"', "$.detail": '{"prompt": "p"}'}
    assert transformed(target, event) == {
        "session_id": "e-1",
        "requested_at": "2026-01-01T00:00:00Z",
        "source": "cli",
        "detail": {"prompt": "p"},
    }


def test_a_request_to_cancel_starts_the_cancellation(deployed: Recording) -> None:
    rule = deployed.one("EventRule", "scheduler-cancellation-requested")
    target = deployed.one("EventTarget", "scheduler-cancellation-requested")

    assert json.loads(rule["eventPattern"]) == {"detail-type": ["Agent Run Cancellation Requested"]}
    assert target["arn"] == deployed.outputs["cancellation_state_machine_arn"]
    event = {"$.detail": '{"session_id": "s-1"}', "$.source": '"cli"'}
    assert transformed(target, event) == {"source": "cli", "detail": {"session_id": "s-1"}}
    paths = target["inputTransformer"]["inputPaths"].values()
    assert set(paths) <= {"$.source", "$.detail"}, "a path into the detail may lead nowhere, and then nothing starts"


def transformed(target: Resource, event: Mapping[str, str]) -> Any:
    """What EventBridge makes of an event, given by path as JSON."""
    transformer = target["inputTransformer"]
    text = transformer["inputTemplate"]
    for key, path in transformer["inputPaths"].items():
        text = text.replace(f"<{key}>", event[path])
    return json.loads(text)


def test_what_cannot_be_delivered_is_kept_where_its_sender_may_put_it(deployed: Recording) -> None:
    queues = {queue.part: queue for queue in deployed.of("Queue")}
    policy = json.loads(deployed.one("QueuePolicy", "scheduler-undelivered-requests")["policy"])
    senders = {
        s["Sid"]: s["Condition"]["ArnEquals"]["aws:SourceArn"] for s in policy["Statement"] if s["Effect"] == "Allow"
    }

    assert {q["messageRetentionSeconds"] for q in queues.values()} == {14 * 86_400}
    for target in deployed.of("EventTarget"):
        assert target["deadLetterConfig"]["arn"].endswith(queues["scheduler-undelivered-requests"]["name"])
        assert any(arn.endswith(f"/{target['rule']}") for arn in senders.values())
    for schedule in deployed.of("Schedule"):
        queue = schedule["target"]["deadLetterConfig"]["arn"]
        assert queue.endswith(queues["scheduler-undelivered-schedules"]["name"])
        assert queue in str(deployed.policies()[schedule["target"]["roleArn"].split("/")[-1]])


def test_schedules_request_runs_as_events_in_their_time_zone(prod: Recording) -> None:
    schedules = {schedule.part: schedule for schedule in prod.of("Schedule")}
    weekly, month_end = schedules["scheduler-weekly"], schedules["scheduler-month-end"]

    assert prod.outputs["schedules"] == {"weekly": "agent-runs-prod-weekly", "month-end": "agent-runs-prod-month-end"}
    assert weekly["scheduleExpression"] == "cron(0 6 ? * MON *)"
    assert weekly["scheduleExpressionTimezone"] == "Europe/Berlin"
    assert weekly["flexibleTimeWindow"] == {"mode": "FLEXIBLE", "maximumWindowInMinutes": 15}
    assert weekly["groupName"] == prod.outputs["schedule_group_name"]
    assert weekly["target"]["arn"].endswith(f"event-bus/{prod.outputs['event_bus_name']}")
    assert weekly["target"]["eventbridgeParameters"] == {
        "detailType": "Agent Run Requested",
        "source": "agent-runs.schedule",
    }
    assert json.loads(weekly["target"]["input"]) == {"requested_by": "schedule weekly"}
    assert json.loads(month_end["target"]["input"])["prompt"].startswith("Analyse the AWS Lambda functions")


def test_schedules_fire_in_prod_and_are_there_but_silent_in_dev(dev: Recording, prod: Recording) -> None:
    assert {s["state"] for s in prod.of("Schedule")} == {"ENABLED"}
    assert {s["state"] for s in dev.of("Schedule")} == {"DISABLED"}
    assert dev.one("Schedule", "scheduler-weekly")["flexibleTimeWindow"] == {"mode": "OFF"}


def test_no_action_is_a_wildcard_and_resources_are_only_where_it_is_known_why(deployed: Recording) -> None:
    policies = deployed.policies()
    wild = {
        role.split("-", 3)[3]: {s["Sid"] for s in statements if any("*" in arn for arn in s["Resource"])}
        for role, statements in policies.items()
    }

    assert {part: sids for part, sids in wild.items() if sids} == EXPECTED_WILDCARDS
    assert [a for statements in policies.values() for s in statements for a in s["Action"] if "*" in a] == []


def test_policies_are_of_the_form_that_iam_takes(deployed: Recording) -> None:
    for role, policy in ((r["role"], r["policy"]) for r in deployed.of("RolePolicy")):
        sids = [statement["Sid"] for statement in json.loads(policy)["Statement"]]
        assert len(set(sids)) == len(sids), role
        assert all(re.fullmatch("[A-Za-z0-9]+", sid) for sid in sids), role
        assert len(policy) < 10_240, "the limit of a role's inline policies"


def test_a_service_takes_on_a_role_on_behalf_of_this_stack_only(deployed: Recording) -> None:
    for role, statement in trusts(deployed).items():
        service = statement["Principal"]["Service"]
        if service == "lambda.amazonaws.com":
            assert "Condition" not in statement, "what AWS does not document could keep Lambda out"
            continue
        conditions = statement["Condition"]
        assert conditions["StringEquals"] == {"aws:SourceAccount": ACCOUNT}, role
        source = conditions["ArnLike"]["aws:SourceArn"]
        assert source.startswith(f"arn:aws:{service.split('.')[0]}:{REGION}:{ACCOUNT}:"), role
        assert ("*" in source) == (service == "bedrock-agentcore.amazonaws.com"), role


def test_the_workflow_may_do_exactly_what_its_definition_calls(deployed: Recording) -> None:
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


def test_starting_needs_one_action_and_stopping_another(deployed: Recording) -> None:
    assert allowed(deployed, "start") == {"bedrock-agentcore:InvokeAgentRuntime"}
    assert allowed(deployed, "stop") == {"bedrock-agentcore:StopRuntimeSession"}
    for part in ("start", "stop"):
        statement = next(s for role, ss in deployed.policies().items() if role.endswith(part) for s in ss)
        arn = deployed.outputs["agent_runtime_arn"]
        assert statement["Resource"] == [arn, f"{arn}/runtime-endpoint/DEFAULT"]


def test_the_agent_may_make_its_log_group_once_it_has_been_made_with_its_retention(deployed: Recording) -> None:
    group = deployed.one("LogGroup", "agent")
    late = deployed.one("RolePolicy", "agent-log-group")
    (statement,) = json.loads(late["policy"])["Statement"]
    arn = f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:{group['name']}"

    assert statement["Action"] == ["logs:CreateLogGroup"]
    assert statement["Resource"] == [arn, f"{arn}:*"]
    assert ("LogGroup", group.name) in late.waits_for
    assert ("RolePolicy", late.name) not in deployed.one("AgentcoreAgentRuntime").waits_for


def test_the_agent_can_change_nothing_but_its_journal_its_reports_and_its_conversations(deployed: Recording) -> None:
    reading = re.compile(r"\w+:(Get|List|Describe|Filter)\w+")
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
        *("logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"),
        *("xray:PutTraceSegments", "xray:PutTelemetryRecords", "cloudwatch:PutMetricData"),
    }
    assert changing["dynamodb:UpdateItem"] == [
        f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/{deployed.outputs['journal_table_name']}"
    ]


def test_the_agent_may_read_of_the_estate_exactly_what_its_tools_ask_for(dev: Recording) -> None:
    source = "\n".join(path.read_text() for path in (PROJECT / "agent/analyst").rglob("*.py"))
    paginated = re.findall(r'get_paginator\("(\w+)"\)', source)
    called = re.findall(r"\bclient\.((?:get|list|describe|filter)_(?!paginator|object)\w+)\(", source)
    asked = {"".join(word.title() for word in name.split("_")) for name in [*paginated, *called]}
    read = {"ListFunctions", "ReadFunctions", "ReadMetrics", "ReadLogGroups", "ReadFunctionLogs", "ReadPrices"}

    def granted(recording: Recording) -> set[str]:
        return {
            action.split(":")[1]
            for role, statements in recording.policies().items()
            if role.endswith("-agent")
            for s in statements
            if s["Sid"] in read
            for action in s["Action"]
        }

    assert granted(recorded.run("dev", refreshPrices=True)) == asked
    assert granted(dev) == asked - {"GetProducts"}


def test_the_price_list_is_asked_for_only_if_the_settings_want_it_and_then_may_be(dev: Recording) -> None:
    refreshing = recorded.run("dev", refreshPrices=True)

    def wants(recording: Recording) -> bool:
        variables = recording.one("AgentcoreAgentRuntime")["environmentVariables"]
        return analyst_environment.read(variables).refresh_prices

    def leave(recording: Recording) -> list[Any]:
        return [s for statements in recording.policies().values() for s in statements if s["Sid"] == "ReadPrices"]

    assert (wants(dev), leave(dev)) == (False, [])
    assert wants(refreshing)
    assert leave(refreshing) == [
        {"Sid": "ReadPrices", "Effect": "Allow", "Action": ["pricing:GetProducts"], "Resource": ["*"]}
    ]


def test_settings_with_problems_stop_the_program_with_a_message_and_no_traceback() -> None:
    stopped = recorded.run("dev", modelId=None, leaseSeconds=1)

    assert type(stopped.error) is pulumi.RunError
    assert str(stopped.error).startswith("The stack's settings have 3 problems:")
    assert stopped.error.__suppress_context__
    assert [r for r in stopped.resources if r.custom] == []


def test_a_stack_whose_name_breaks_names_stops_the_program_too() -> None:
    stopped = recorded.run("dev", stack_name="Staging-Environment")

    assert type(stopped.error) is pulumi.RunError
    assert "Choose a name such as dev or prod" in str(stopped.error)
