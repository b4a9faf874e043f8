"""Every test here needs what `tools` finds: without it, it is skipped, or fails where `.ci/run` demands it."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import pytest

from components.bundles import build as bundle
from tests.artifacts import tools
from tests.artifacts.lambda_runtime import FunctionCode
from tests.engine.cli import REQUIRE, ToolMissingError

Tool = TypeVar("Tool")


def _silent(_: str) -> None:
    pass


def _demand(find: Callable[[], Tool]) -> Tool:
    try:
        return find()
    except ToolMissingError as error:
        if os.environ.get(REQUIRE):
            pytest.fail(str(error), pytrace=False)
        pytest.skip(str(error))


@pytest.fixture(scope="session")
def demand() -> Callable[[Callable[[], object]], object]:
    """Skip the test, or fail it, without a tool."""
    return _demand


@pytest.fixture(scope="session")
def python() -> Path:
    """An interpreter of AWS's Python version. Tests install none."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("UV_PYTHON_DOWNLOADS", "never")
        return _demand(tools.find_python)


@pytest.fixture(scope="session")
def functions_code(python: Path, tmp_path_factory: pytest.TempPathFactory) -> FunctionCode:
    """The functions' bundle, unpacked, and AWS's runtime beside it."""
    emulator = _demand(lambda: tools.build_emulator(_silent))
    built = _demand(lambda: tools.build_for_this_machine(bundle.FUNCTIONS, _silent))
    client = tmp_path_factory.mktemp("runtime")
    tools.install_runtime_client(client)
    folder = tools.unpack(built, tmp_path_factory.mktemp("functions"))
    return FunctionCode(folder=folder, runtime_client=client, python=python, emulator=emulator)


@pytest.fixture(scope="session")
def agent_folder(python: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:  # noqa: ARG001
    """The agent's bundle, unpacked."""
    built = _demand(lambda: tools.build_for_this_machine(bundle.AGENT, _silent))
    return tools.unpack(built, tmp_path_factory.mktemp("agent"))
