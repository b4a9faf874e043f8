"""Notifications alone, with the mocks of AWS. `test_notifications.py` sends events through the emulated account."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pulumi
import pulumi_aws as aws
import pytest

from components.observability.notifications import Notifications, NotificationsArgs
from components.settings.model import NotifyOn
from components.testing.mocks import Mocks
from tests.components.parts import TOPIC_ARN, context, event_bus


def notifications(notify_on: NotifyOn) -> Notifications:
    args = NotificationsArgs(context=context(), bus=event_bus(), topic_arn=TOPIC_ARN, notify_on=notify_on)
    return Notifications("notifications", args)


@pytest.mark.parametrize(("notify_on", "detail"), [(NotifyOn.ALWAYS, None), (NotifyOn.CHANGE, {"changed": [True]})])
@pulumi.runtime.test
def test_the_rule_matches_the_outcomes_that_the_settings_ask_for(
    mocks: Mocks, notify_on: NotifyOn, detail: Mapping[str, Any] | None
) -> pulumi.Output[None]:
    notifications(notify_on)

    def check(rule: Mapping[str, Any]) -> None:
        pattern = json.loads(rule["eventPattern"])
        assert pattern["detail-type"] == ["Agent Run Ended"]
        assert pattern.get("detail") == detail
        assert rule["eventBusName"] == "agent-runs-test-events"

    return mocks.inputs(aws.cloudwatch.EventRule, "notifications").apply(check)


@pulumi.runtime.test
def test_the_topic_receives_the_outcome_without_its_envelope(mocks: Mocks) -> pulumi.Output[None]:
    notifications(NotifyOn.ALWAYS)

    def check(target: Mapping[str, Any]) -> None:
        assert (target["arn"], target["inputPath"]) == (TOPIC_ARN, "$.detail")

    return mocks.inputs(aws.cloudwatch.EventTarget, "notifications").apply(check)
