"""Fixtures of tools. Without a tool a test is skipped, or fails if `.ci/run` requires it."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import pytest

from components.bundles.recipes import AGENT, FUNCTIONS
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
    """Return a function that skips or fails the test if a tool is missing."""
    return _demand


@pytest.fixture(scope="session")
def python() -> Path:
    """Return an interpreter of AWS's Python version. Tests do not install one."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("UV_PYTHON_DOWNLOADS", "never")
        return _demand(tools.find_python)


@pytest.fixture(scope="session")
def functions_code(python: Path, tmp_path_factory: pytest.TempPathFactory) -> FunctionCode:
    """Return the unpacked bundle of the functions, with AWS's runtime client."""
    emulator = _demand(lambda: tools.build_emulator(_silent))
    built = _demand(lambda: tools.build_for_this_machine(FUNCTIONS, _silent))
    client = tmp_path_factory.mktemp("runtime")
    tools.install_runtime_client(client)
    folder = tools.unpack(built, tmp_path_factory.mktemp("functions"))
    return FunctionCode(folder=folder, runtime_client=client, python=python, emulator=emulator)


@pytest.fixture(scope="session")
def agent_folder(python: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:  # noqa: ARG001
    """Return the folder of the unpacked agent's bundle."""
    built = _demand(lambda: tools.build_for_this_machine(AGENT, _silent))
    return tools.unpack(built, tmp_path_factory.mktemp("agent"))
