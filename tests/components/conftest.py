from __future__ import annotations

import pytest

from tests.components import recorded


@pytest.fixture(scope="session")
def dev() -> recorded.Recording:
    return recorded.run("dev")


@pytest.fixture(scope="session")
def prod() -> recorded.Recording:
    return recorded.run("prod")


@pytest.fixture(scope="session", params=["dev", "prod"])
def deployed(request: pytest.FixtureRequest) -> recorded.Recording:
    """Each of the stacks, one after the other."""
    recording: recorded.Recording = request.getfixturevalue(request.param)
    return recording
