"""Every test here needs the Pulumi CLI: without one it is skipped, or fails if `.ci/run` demands it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.engine import cli, workspace
from tests.engine.workspace import EngineStack

HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    # When the engine stops at an error, Pulumi's SDK drops the program's coroutine. Python reports the end of it during
    # a later test, which has nothing to do with it.
    ignored = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
    for item in items:
        if item.path.is_relative_to(HERE):
            item.add_marker(ignored)


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
