from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from components.bundles.build import Bundle
from components.bundles.model_factory import check_model_factory
from components.settings.problems import SettingsError
from tests.components import recorded

MODELS = """
import json as encoder
from somewhere import imported

try:
    from fast import built
except ImportError:
    def built(settings): ...

def create(settings): ...

class Model: ...

shortcut, other = create, create
raise RuntimeError("nobody imports this")
"""


@pytest.fixture
def bundles(tmp_path: Path) -> list[Bundle]:
    path = tmp_path / "agent.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("mine/models.py", MODELS)
        archive.writestr("package/__init__.py", "from package.inner import *")
        archive.writestr("lazy.py", "def __getattr__(name): ...")
        archive.writestr("compiled.cpython-313-aarch64-linux-gnu.so", b"")
        archive.writestr("space/inner.py", "")
    files = {"digest": "0", "zipped_bytes": 1, "unpacked_bytes": 1, "files": 1}
    return [Bundle(name=name, path=path, **files) for name in ("functions", "agent")]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "factory",
    [
        None,
        "mine.models:create",
        "mine.models:Model",
        "mine.models:imported",
        "mine.models:encoder",
        "mine.models:built",
        "mine.models:shortcut",
        "package:anything",
        "lazy:anything",
        "compiled:anything",
        "functools:partial",
    ],
)
def test_a_factory_that_the_agent_can_import_is_accepted_without_an_import(
    factory: str | None, bundles: list[Bundle]
) -> None:
    check_model_factory(bundles, factory)


@pytest.mark.parametrize(
    ("factory", "message"),
    [
        ("mine.model:create", "the agent's bundle has no module mine.model. Did you mean mine.models?"),
        ("nowhere:create", "the agent's bundle has no module nowhere. Add its file to the agent's folders"),
        ("space:create", "the agent's bundle has no module space. Add its file"),
        ("mine.models:creat", "module mine.models has no function creat. Did you mean create?"),
        ("mine.models:settings", "module mine.models has no function settings. Add it to mine/models.py"),
    ],
)
def test_a_factory_that_the_agent_cannot_import_is_refused(factory: str, message: str, bundles: list[Bundle]) -> None:
    with pytest.raises(SettingsError) as caught:
        check_model_factory(bundles, factory)

    assert f'modelFactory is "{factory}": {message}' in str(caught.value)


@pytest.mark.parametrize("factory", ["agent.harness.models:bedrock", "strands.models:BedrockModel"])
def test_factories_in_the_agent_s_folders_and_packages_are_found(factory: str) -> None:
    assert recorded.run("dev", modelFactory=factory).error is None


def test_a_wrong_factory_stops_the_program_before_its_first_resource() -> None:
    stopped = recorded.run("dev", modelFactory="agent.harness.model:bedrock")

    assert "the agent's bundle has no module agent.harness.model. Did you mean agent.harness.models?" in str(
        stopped.error
    )
    assert [resource for resource in stopped.resources if resource.custom] == []
