"""StackContext, with the mocks of AWS."""

from __future__ import annotations

import pulumi
import pytest

from components.context import StackContext
from components.naming import Names
from components.settings.model import Settings
from components.testing.mocks import ACCOUNT, REGION

pytestmark = pytest.mark.usefixtures("mocks")


@pulumi.runtime.test
def test_an_arn_names_the_account_and_the_region_that_are_deployed_into() -> pulumi.Output[None]:
    parent = pulumi.ComponentResource("test:index:Parent", "parent")
    names = Names(project="agent-runs", stack="test")
    context = StackContext.current(names, Settings(model_id="anthropic.claude"), parent=parent)

    def check(arn: str) -> None:
        assert arn == f"arn:aws:states:{REGION}:{ACCOUNT}:stateMachine:watch"

    return context.arn("states", "stateMachine:watch").apply(check)
