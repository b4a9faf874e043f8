from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pulumi
import pytest
from pulumi.runtime.settings import reset_options

from components.testing.mocks import Mocks
from tests.components import recorded


@pytest.fixture
def mocks(request: pytest.FixtureRequest) -> Iterator[Mocks]:
    """Return the mocks of AWS for one test, and reset Pulumi's runtime after it."""
    assert hasattr(request.function, "__wrapped__"), (
        "Put @pulumi.runtime.test on the test: without it, a failed assertion inside apply() passes silently"
    )
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    mocks = Mocks()
    pulumi.runtime.set_mocks(mocks, project="agent-runs", stack="test", preview=False)
    yield mocks
    reset_options()
    asyncio.set_event_loop(None)
    loop.close()


@pytest.fixture(scope="session")
def dev() -> recorded.Recording:
    return recorded.of_stack("dev", agent="analyst")


@pytest.fixture(scope="session")
def prod() -> recorded.Recording:
    return recorded.of_stack("prod", agent="analyst")


@pytest.fixture(scope="session", params=recorded.STACKS)
def deployed(request: pytest.FixtureRequest) -> recorded.Recording:
    """Return the recording of each stack in turn, without other agents than the first one."""
    return recorded.of_stack(request.param, agent="analyst")
