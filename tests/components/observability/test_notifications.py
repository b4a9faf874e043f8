"""Who sends notifications to the topic, in the whole program."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest

from tests.components import recorded
from tests.components.recorded import Recording
from tests.policies.pack_runs import resources, violations

pytestmark = pytest.mark.filterwarnings("ignore:.* has been deprecated in favor of:DeprecationWarning")


@pytest.fixture(scope="module", params=["change", "always"])
def notifying(request: pytest.FixtureRequest) -> Recording:
    recording = recorded.run("prod", notifyOn=request.param)
    assert recording.error is None
    return recording


def publishers(recording: Recording) -> Mapping[str, Any]:
    """Return the resources of each statement of a role that allows sns:Publish, by role."""
    return {
        role: statement["Resource"]
        for role, policy in recording.policies().items()
        for statement in policy
        if "sns:Publish" in statement["Action"]
    }


def test_the_workflow_publishes_to_the_topic_of_the_stack(notifying: Recording) -> None:
    topic = notifying.outputs["alarm_topic_arn"]
    states = json.loads(notifying.one("StateMachine", "workflow")["definition"])["States"]

    assert violations(resources(notifying)) == []
    assert states["Notify"]["Arguments"]["TopicArn"] == topic
    assert publishers(notifying) == {"agent-runs-prod-workflow": [topic]}


def test_a_stack_without_notify_on_sends_no_notifications(deployed: Recording) -> None:
    assert "Notify" not in json.loads(deployed.one("StateMachine", "workflow")["definition"])["States"]
    assert publishers(deployed) == {}


def test_an_event_on_the_bus_cannot_reach_the_topic(notifying: Recording) -> None:
    policy = json.loads(notifying.one("TopicPolicy")["policy"])["Statement"]

    assert [s["Principal"] for s in policy if s["Effect"] == "Allow"] == [{"Service": "cloudwatch.amazonaws.com"}]
    assert {target["arn"] for target in notifying.of("EventTarget")} == {
        notifying.outputs["state_machine_arn"],
        notifying.outputs["cancellation_state_machine_arn"],
    }
