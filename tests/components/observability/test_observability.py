"""Alarms, their topic, metrics of runs, the dashboard and the saved log queries."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from agent.harness.telemetry import NAMESPACE, StartOutcome
from components.observability.definitions import metrics
from components.testing.mocks import ACCOUNT, REGION
from tests.components import recorded
from tests.components.recorded import Recording
from tests.components.workflow.definitions.machines import run_definition
from tests.costs import golden

pytestmark = pytest.mark.filterwarnings("ignore:.* has been deprecated in favor of:DeprecationWarning")

ALARMS = {
    *("runs-failed", "runs-timed-out", "runs-aborted", "runs-lost", "cancellations-failed", "schedule-unanswered"),
    *("undelivered-requests", "undelivered-schedules", "start-errors", "start-throttles", "starts-throttled"),
    *("model-unavailable", "run-limit-reached", "requests-lost", "agentcore-errors", "many-sessions"),
}


def dashboard(recording: Recording) -> dict[str, Any]:
    body: dict[str, Any] = json.loads(recording.one("Dashboard")["dashboardBody"])
    return body


def titles(recording: Recording) -> list[str]:
    return [widget["properties"]["title"] for widget in dashboard(recording)["widgets"]]


def test_the_stack_has_exactly_the_alarms_of_the_catalog(deployed: Recording) -> None:
    parts = {alarm["name"].removeprefix(f"agent-runs-{deployed.stack}-") for alarm in deployed.of("MetricAlarm")}

    assert parts == ALARMS


def test_every_alarm_notifies_the_topic_and_is_ok_without_data(deployed: Recording) -> None:
    for alarm in deployed.of("MetricAlarm"):
        assert alarm["alarmActions"] == alarm["okActions"] == [deployed.outputs["alarm_topic_arn"]]
        assert alarm["treatMissingData"] == "notBreaching"
        assert alarm["comparisonOperator"] == "GreaterThanOrEqualToThreshold"


def test_every_alarm_describes_its_meaning_its_remedy_and_its_links(deployed: Recording) -> None:
    for alarm in deployed.of("MetricAlarm"):
        meaning, remedy, links = alarm["alarmDescription"].split("\n\n")

        assert meaning.endswith(".")
        assert remedy.endswith(".")
        executions, journal, runs = links.splitlines()
        assert executions.endswith(f"#/statemachines/view/{deployed.outputs['state_machine_arn']}")
        assert journal.endswith(f"#item-explorer?table={deployed.outputs['journal_table_name']}")
        assert runs.endswith(f"#dashboards/dashboard/{deployed.outputs['dashboard_name']}")
        assert len(alarm["alarmDescription"]) <= 1_024, "the limit of CloudWatch"


def test_alarms_watch_only_resources_of_this_stack_and_the_account_s_quota(deployed: Recording) -> None:
    dimensions = [alarm.inputs.get("dimensions", {}) for alarm in deployed.of("MetricAlarm")]
    watched = {value for one in dimensions for name, value in one.items() if name != "Service"}

    assert {value.split(":")[-1] for value in watched} == {
        f"agent-runs-{deployed.stack}-{part}"
        for part in (
            *("workflow", "cancellation", "schedule-watch", "start"),
            *("undelivered-requests", "undelivered-schedules", "events", "run-requested"),
        )
    }


def test_the_alarm_on_sessions_counts_active_sessions_and_not_started_ones(
    deployed: Recording,
) -> None:
    alarm = deployed.one("MetricAlarm", "observability-many-sessions")

    assert (alarm["namespace"], alarm["metricName"]) == ("AWS/Bedrock-AgentCore", "ActiveSessionCount")
    assert alarm["dimensions"] == {"Service": "AgentCore.Runtime"}
    assert alarm["statistic"] == "Maximum"


def test_an_invocation_of_agentcore_is_counted_once_for_any_number_of_dimension_sets(deployed: Recording) -> None:
    (widget,) = (w for w in dashboard(deployed)["widgets"] if w["properties"]["title"] == "AgentCore")
    expressions = [entry["expression"] for (entry,) in widget["properties"]["metrics"]]

    assert len(expressions) == 4
    assert all(expression.startswith("MAX(SEARCH('") for expression in expressions)


def test_errors_of_agentcore_are_found_with_any_further_dimensions(deployed: Recording) -> None:
    (query,) = deployed.one("MetricAlarm", "observability-agentcore-errors")["metricQueries"]

    before, runtime, after = query["expression"].partition(deployed.outputs["agent_runtime_arn"])
    assert before == 'SELECT SUM(SystemErrors) FROM "AWS/Bedrock-AgentCore" WHERE Resource = \''
    assert (runtime, after) == (deployed.outputs["agent_runtime_arn"], "'")


def test_only_alarms_of_this_agent_may_publish_and_only_with_tls(deployed: Recording) -> None:
    topic = deployed.outputs["alarm_topic_arn"]
    allow, deny = json.loads(deployed.one("TopicPolicy")["policy"])["Statement"]

    assert (allow["Action"], allow["Principal"]) == ("sns:Publish", {"Service": "cloudwatch.amazonaws.com"})
    assert allow["Resource"] == topic
    assert allow["Condition"] == {
        "StringEquals": {"aws:SourceAccount": ACCOUNT},
        "ArnLike": {"aws:SourceArn": f"arn:aws:cloudwatch:{REGION}:{ACCOUNT}:alarm:{topic.split(':')[-1][:-6]}*"},
    }
    assert (deny["Effect"], deny["Condition"]) == ("Deny", {"Bool": {"aws:SecureTransport": "false"}})


def test_the_addresses_in_the_settings_receive_alarms(dev: Recording, prod: Recording) -> None:
    assert dev.of("TopicSubscription") == ()
    subscription = prod.one("TopicSubscription")
    assert (subscription["protocol"], subscription["endpoint"]) == ("email", "platform@example.com")


def test_the_metrics_count_states_that_the_workflow_has() -> None:
    states = run_definition()["States"]
    counted = {re.findall(r'\$\.details\.name = "(\w+)"', metric.pattern)[0] for metric in metrics.WORKFLOW_METRICS}

    outcomes = {name for name, state in states.items() if state["Type"] in ("Succeed", "Fail")} - {"DuplicateEvent"}
    assert counted == outcomes | {"TakeOver", "CheckLiveRuns"}


def test_every_metric_filter_reads_the_right_log_and_writes_to_the_agent_s_own_namespace(
    deployed: Recording,
) -> None:
    prefix = deployed.outputs["dashboard_name"].removesuffix("-runs")
    for made in deployed.of("LogMetricFilter"):
        metric = made["metricTransformation"]
        of_workflow = metric["name"] in {m.name for m in metrics.WORKFLOW_METRICS}

        assert metric["namespace"] == f"{NAMESPACE}/{prefix}"
        place = (
            f"states/{prefix}-workflow" if of_workflow else f"runtimes/{deployed.outputs['agent_runtime_id']}-DEFAULT"
        )
        assert made["logGroupName"].endswith(place)


def test_the_dashboard_shows_the_start_metrics_in_the_namespace_of_the_functions(deployed: Recording) -> None:
    (widget,) = (w for w in dashboard(deployed)["widgets"] if w["properties"]["title"] == "Attempts")
    shown = {(entry[0], entry[1]) for entry in widget["properties"]["metrics"] if entry[2] == "service"}
    function = deployed.one("Function", "sessions-start")

    assert shown == {(NAMESPACE, outcome.metric) for outcome in StartOutcome}
    assert function["environment"]["variables"]["POWERTOOLS_METRICS_NAMESPACE"] == NAMESPACE


def test_the_dashboard_shows_runs_durations_cost_and_leases(deployed: Recording) -> None:
    assert titles(deployed) == [
        "Alarms",
        "Runs by outcome",
        "Duration of runs, from request to outcome (ms)",
        "Waiting and work (mean, s)",
        "Tokens",
        "Model cost (USD)",
        "Cost of ended runs (USD, estimate)",
        "Attempts",
        "Lease time left at the latest renewal (minimum, s)",
        "AgentCore",
        "Failed runs, latest first",
    ]
    assert len(dashboard(deployed)["widgets"][0]["properties"]["alarms"]) == len(ALARMS)


def test_widgets_are_in_two_columns_and_do_not_overlap(deployed: Recording) -> None:
    widgets = dashboard(deployed)["widgets"]
    cells = {(w["x"], w["y"]) for w in widgets}

    assert len(cells) == len(widgets)
    assert {w["x"] + w["width"] for w in widgets} == {12, 24}


def test_the_dashboard_shows_the_cost_only_if_prices_are_set() -> None:
    changed = recorded.run("dev", inputTokenPrice=None, outputTokenPrice=None)

    assert "Model cost (USD)" not in titles(changed)


def test_the_dashboard_computes_the_cost_of_all_four_kinds_of_tokens() -> None:
    recording = recorded.run("dev", inputTokenPrice=1, outputTokenPrice=5)
    (widget,) = (w for w in dashboard(recording)["widgets"] if w["properties"]["title"] == "Model cost (USD)")
    series = widget["properties"]["metrics"]
    ids = {entry[1]: entry[2]["id"] for entry in series if len(entry) == 3}
    (expression,) = (entry[0]["expression"] for entry in series if entry[0] and entry[-1]["id"] == "cost")
    printed = {metric.name: golden.COUNTS.get(metric.value.removeprefix("$.")) for metric in metrics.AGENT_METRICS}
    values = {ids[name]: count for name, count in printed.items() if name in ids}

    usd = eval(expression, {"FILL": lambda value, _: value}, values)  # noqa: S307 (our own expression)

    assert len(values) == 4
    assert usd == pytest.approx(float(golden.USD))


def test_expressions_on_the_dashboard_use_only_ids_that_exist(deployed: Recording) -> None:
    for widget in dashboard(deployed)["widgets"]:
        series = widget["properties"].get("metrics", [])
        options = [entry[-1] for entry in series if isinstance(entry[-1], dict)]
        ids = {option["id"] for option in options if "id" in option}
        for option in options:
            if "expression" in option and "SEARCH" not in option["expression"]:
                assert set(re.findall(r"[a-z_]\w*", option["expression"])) <= ids


def test_the_saved_queries_read_log_groups_that_exist(deployed: Recording) -> None:
    queries = {query["name"].split("/")[1]: query["logGroupNames"] for query in deployed.of("QueryDefinition")}

    assert set(queries) == {"which runs failed", "what happened in a run", "time and tokens of runs"}
    groups = {group["name"] for group in deployed.of("LogGroup")}
    assert {name for names in queries.values() for name in names} <= groups
    assert len(queries["what happened in a run"]) == 4
