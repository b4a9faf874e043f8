"""EventBus alone, with the mocks of AWS."""

from __future__ import annotations

from collections.abc import Sequence

import pulumi
import pytest

from components.testing.mocks import ACCOUNT, REGION
from tests.components.parts import event_bus

pytestmark = pytest.mark.usefixtures("mocks")


@pulumi.runtime.test
def test_the_bus_is_named_after_the_project_and_the_stack() -> pulumi.Output[None]:
    def check(name: str) -> None:
        assert name == "agent-runs-test-events"

    return event_bus().name.apply(check)


@pulumi.runtime.test
def test_permission_to_put_events_covers_this_bus_only() -> pulumi.Output[None]:
    (grant,) = event_bus().put()

    def check(resources: Sequence[str]) -> None:
        assert grant.actions == ["events:PutEvents"]
        assert resources == [f"arn:aws:events:{REGION}:{ACCOUNT}:event-bus/agent-runs-test-events"]

    return pulumi.Output.all(*grant.resources).apply(check)
