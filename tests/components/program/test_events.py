"""The rules, the schedules and the queues of undelivered events of the whole program."""

from __future__ import annotations

import json

import pytest

from agent import event_types
from tests.components.recorded import Recording, Resource

# The SDK's deprecated classes warn on import, even if the program does not use them.
pytestmark = pytest.mark.filterwarnings("ignore:.* has been deprecated in favor of:DeprecationWarning")


def test_a_request_starts_the_workflow_with_the_event_s_id_as_session_id(deployed: Recording) -> None:
    rule = deployed.one("EventRule", "scheduler-run-requested")
    target = deployed.one("EventTarget", "scheduler-run-requested")

    assert json.loads(rule["eventPattern"]) == {"detail-type": [event_types.RUN_REQUESTED]}
    assert rule["eventBusName"] == target["eventBusName"] == deployed.outputs["event_bus_name"]
    assert target["arn"] == deployed.outputs["state_machine_arn"]
    assert_receives_the_whole_event(target)


def test_a_cancellation_request_starts_the_cancellation(deployed: Recording) -> None:
    rule = deployed.one("EventRule", "scheduler-cancellation-requested")
    target = deployed.one("EventTarget", "scheduler-cancellation-requested")

    assert json.loads(rule["eventPattern"]) == {"detail-type": [event_types.CANCELLATION_REQUESTED]}
    assert target["arn"] == deployed.outputs["cancellation_state_machine_arn"]
    assert_receives_the_whole_event(target)


def assert_receives_the_whole_event(target: Resource) -> None:
    """Check that no template is filled in: EventBridge does not escape what it inserts."""
    assert {"input", "inputPath", "inputTransformer"}.isdisjoint(target.inputs)


def test_undelivered_events_go_to_a_queue_to_which_the_sender_may_send(deployed: Recording) -> None:
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


def test_an_event_that_is_too_large_for_a_workflow_fits_into_the_queue_and_has_an_alarm(deployed: Recording) -> None:
    # EventBridge accepts 1 MB, an execution of Step Functions 256 KiB; the provider's default for queues is 256 KiB.
    assert {queue["maxMessageSize"] for queue in deployed.of("Queue")} == {1024 * 1024}
    alarm = deployed.one("MetricAlarm", "observability-undelivered-requests")
    assert alarm["dimensions"]["QueueName"] == deployed.one("Queue", "scheduler-undelivered-requests")["name"]
    assert "A request above 256 KiB is too large for a workflow: shorten it." in alarm["alarmDescription"]


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


def test_schedules_are_enabled_in_prod_and_disabled_in_dev(dev: Recording, prod: Recording) -> None:
    assert {s["state"] for s in prod.of("Schedule")} == {"ENABLED"}
    assert {s["state"] for s in dev.of("Schedule")} == {"DISABLED"}
    assert dev.one("Schedule", "scheduler-weekly")["flexibleTimeWindow"] == {"mode": "OFF"}
