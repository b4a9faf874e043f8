"""Every test here needs the Pulumi CLI: without one it is skipped, or fails if `.ci/run` demands it."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from tests.engine import cli, workspace
from tests.engine.workspace import EngineStack


@pytest.fixture(scope="session", autouse=True)
def pulumi_cli() -> None:
    try:
        cli.find()
    except cli.ToolMissingError as error:
        if os.environ.get(cli.REQUIRE):
            pytest.fail(str(error), pytrace=False)
        pytest.skip(str(error))


@pytest.fixture(scope="module")
def deployed_dev() -> Iterator[EngineStack]:
    """Return the dev stack after its first `up`. A test that changes it restores it."""
    with workspace.stack("dev") as stack:
        first = stack.up()
        assert not first.error, first.output
        yield stack
