"""Which outcomes send a notification, and to which topic."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from agent import event_types
from components.observability.notifications import pattern
from components.settings.model import NotifyOn
from local.emulator.emulator import Emulator
from tests.components import recorded
from tests.components.recorded import Recording
from tests.policies.pack_runs import resources, violations

pytestmark = pytest.mark.filterwarnings("ignore:.* has been deprecated in favor of:DeprecationWarning")

OUTCOME = {"source": [event_types.SOURCE], "detail-type": [event_types.RUN_ENDED]}


@pytest.fixture(scope="module")
def notifying() -> Recording:
    return recorded.run("prod", notifyOn="change")


def test_the_pattern_selects_every_outcome_or_only_changed_reports() -> None:
    assert pattern(NotifyOn.ALWAYS) == OUTCOME
    assert pattern(NotifyOn.CHANGE) == OUTCOME | {"detail": {"changed": [True]}}


def test_a_stack_without_notify_on_sends_no_notifications(deployed: Recording) -> None:
    assert [rule.name for rule in deployed.of("EventRule") if "notifications" in rule.name] == []
    sids = [statement["Sid"] for statement in json.loads(deployed.one("TopicPolicy")["policy"])["Statement"]]
    assert sids == ["FromAlarms", "TlsOnly"]


def test_outcomes_with_a_changed_report_go_from_the_bus_to_the_topic(notifying: Recording) -> None:
    assert notifying.error is None
    assert violations(resources(notifying)) == []
    rule, target = notifying.one("EventRule", "notifications"), notifying.one("EventTarget", "notifications")

    assert json.loads(rule["eventPattern"]) == pattern(NotifyOn.CHANGE)
    assert rule["eventBusName"] == target["eventBusName"] == notifying.outputs["event_bus_name"]
    assert target["arn"] == notifying.outputs["alarm_topic_arn"]
    assert target["inputPath"] == "$.detail"
    # With a role, EventBridge delivers to an encrypted topic unreliably; the topic's policy grants the permission.
    assert "roleArn" not in target.inputs


def test_the_topic_s_policy_has_no_condition_that_eventbridge_cannot_meet(notifying: Recording) -> None:
    statements = {s["Sid"]: s for s in json.loads(notifying.one("TopicPolicy")["policy"])["Statement"]}

    assert statements["FromRules"] == {
        "Sid": "FromRules",
        "Effect": "Allow",
        "Principal": {"Service": "events.amazonaws.com"},
        "Action": "sns:Publish",
        "Resource": notifying.outputs["alarm_topic_arn"],
    }


@pytest.mark.local
def test_only_an_outcome_with_a_changed_report_arrives(tmp_path: Path) -> None:
    with Emulator(tmp_path) as emulator:
        events, sns, sqs = (emulator.account.client(service) for service in ("events", "sns", "sqs"))
        topic = sns.create_topic(Name="alarms")["TopicArn"]
        queue = sqs.create_queue(QueueName="mailbox")["QueueUrl"]
        queue_arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        from_topic = {"Effect": "Allow", "Principal": "*", "Action": "sqs:SendMessage", "Resource": queue_arn}
        policy = {"Version": "2012-10-17", "Statement": [from_topic]}
        sqs.set_queue_attributes(QueueUrl=queue, Attributes={"Policy": json.dumps(policy)})
        attributes = {"RawMessageDelivery": "true"}
        sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=queue_arn, Attributes=attributes)
        events.create_event_bus(Name="bus")
        events.put_rule(Name="notifications", EventBusName="bus", EventPattern=json.dumps(pattern(NotifyOn.CHANGE)))
        target = {"Id": "topic", "Arn": topic, "InputPath": "$.detail"}
        events.put_targets(Rule="notifications", EventBusName="bus", Targets=[target])

        outcomes: list[dict[str, Any]] = [
            {"status": "COMPLETED", "changed": False},
            {"status": "FAILED"},
            {"status": "COMPLETED", "changed": True},
        ]
        envelope = {"EventBusName": "bus", "Source": event_types.SOURCE, "DetailType": event_types.RUN_ENDED}
        events.put_events(Entries=[{**envelope, "Detail": json.dumps(outcome)} for outcome in outcomes])

        received = sqs.receive_message(QueueUrl=queue, WaitTimeSeconds=10, MaxNumberOfMessages=10)["Messages"]
        assert [json.loads(message["Body"]) for message in received] == [outcomes[2]]
