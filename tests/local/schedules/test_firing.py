"""Schedules of an account, which are fired when they are due."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from local.schedules.firing import Schedules

pytestmark = pytest.mark.local

ROLE = "arn:aws:iam::123456789012:role/schedules"
EVENT = {"DetailType": "Agent Run Requested", "Source": "agent-runs.schedule"}


@pytest.fixture(scope="module")
def events(account):
    """Return a function that returns the events of a bus since the last call."""
    bus, sqs = account.client("events"), account.client("sqs")
    arn = bus.create_event_bus(Name="requests")["EventBusArn"]
    queue = sqs.create_queue(QueueName="requests")["QueueUrl"]
    target = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    bus.put_rule(Name="all", EventBusName="requests", EventPattern=json.dumps({"detail-type": [EVENT["DetailType"]]}))
    bus.put_targets(Rule="all", EventBusName="requests", Targets=[{"Id": "queue", "Arn": target}])

    def received():
        messages = sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10).get("Messages", [])
        for message in messages:
            sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
        return [json.loads(message["Body"]) for message in messages]

    received.bus_arn = arn
    return received


@pytest.fixture
def schedule(account, events):
    """Return a function that declares a schedule, which the test's end deletes."""
    scheduler, names = account.client("scheduler"), []

    def declare(name, expression, *, state="ENABLED", zone="UTC", update=False):
        (scheduler.update_schedule if update else scheduler.create_schedule)(
            Name=name,
            ScheduleExpression=expression,
            ScheduleExpressionTimezone=zone,
            State=state,
            FlexibleTimeWindow={"Mode": "OFF"},
            Target={
                "Arn": events.bus_arn,
                "RoleArn": ROLE,
                "EventBridgeParameters": EVENT,
                "Input": json.dumps({"requested_by": f"schedule {name}"}),
            },
        )
        names.append(name)

    yield declare
    for name in set(names):
        scheduler.delete_schedule(Name=name)


def test_a_schedule_of_every_minute_fires_once_in_each_minute(account, events, schedule):
    schedule("minutely", "cron(* * * * ? *)")
    schedules = Schedules(account)
    [planned] = schedules.read()
    begin = planned.next_at
    fired = [len(schedules.fire_due(begin + timedelta(seconds=second))) for second in range(-5, 185, 5)]
    assert sum(fired) == 4
    received = events()
    assert [event["detail"] for event in received] == [{"requested_by": "schedule minutely"}] * 4
    assert {(event["source"], event["detail-type"]) for event in received} == {(EVENT["Source"], EVENT["DetailType"])}


def test_only_enabled_schedules_fire_and_a_change_counts_at_once(account, events, schedule):
    schedule("off", "rate(1 minute)", state="DISABLED")
    schedules = Schedules(account)
    now = datetime.now(UTC)
    assert schedules.fire_due(now + timedelta(hours=1)) == []
    schedule("off", "rate(1 minute)", update=True)
    assert [one.name for one in schedules.fire_due(datetime.now(UTC) + timedelta(seconds=1))] == ["off"]
    assert len(events()) == 1


def test_a_schedule_fires_once_after_the_machine_has_slept(account, events, schedule):
    schedule("hourly", "rate(1 hour)")
    schedules = Schedules(account)
    later = datetime.now(UTC) + timedelta(hours=12)
    assert [len(schedules.fire_due(later)) for _ in range(2)] == [1, 0]
    assert len(events()) == 1


def test_a_time_zone_counts(account, schedule):
    schedule("berlin", "at(2030-07-01T06:00:00)", zone="Europe/Berlin")
    [planned] = Schedules(account).read()
    assert planned.next_at == datetime(2030, 7, 1, 4, tzinfo=UTC)
