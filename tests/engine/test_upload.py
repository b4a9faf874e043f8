"""Uploads of bundles to S3 by the real engine: only changed content is uploaded, not a zip with other bytes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from components.bundles import build as bundle
from components.bundles.build import Bundle
from components.bundles.recipes import Recipe
from tests.engine import workspace
from tests.engine.workspace import EngineStack


class Builds:
    """A stand-in for the builds: it returns bundles with the given digest and bytes."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.digest = "1" * 32
        self.bytes_without, self.bytes_with = b"without", b"with"

    def build(self, recipe: Recipe, *, with_bytecode: bool, **_: Any) -> Bundle:
        content = self.bytes_with if with_bytecode else self.bytes_without
        path = self._folder / f"{recipe.name}-{content.decode()}.zip"
        path.write_bytes(content)
        return Bundle(name=recipe.name, path=path, digest=self.digest, zipped_bytes=1, unpacked_bytes=1, files=1)


@pytest.fixture(scope="module")
def builds(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Builds]:
    builds = Builds(tmp_path_factory.mktemp("builds"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(bundle, "build", builds.build)
        yield builds


@pytest.fixture(scope="module")
def deployed(builds: Builds) -> Iterator[EngineStack]:  # noqa: ARG001
    """Return the dev stack, deployed with bytecode as in AWS."""
    with workspace.stack("dev") as stack, pytest.MonkeyPatch.context() as patch:
        patch.delenv(bundle.BYTECODE_VARIABLE)
        first = stack.up()
        assert not first.error, first.output
        yield stack


def uploaded(stack: EngineStack) -> set[tuple[str, str]]:
    """Return the file name of each uploaded zip, and the digest in its key."""
    inputs = [
        resource["inputs"] for resource in stack.exported()["resources"] if resource["type"].endswith(":BucketObjectv2")
    ]
    return {(Path(i["source"]["path"]).name, i["key"].split("/")[1].removesuffix(".zip")) for i in inputs}


def test_a_deployment_uploads_bytecode_and_a_preview_without_it_shows_no_change(deployed: EngineStack) -> None:
    assert uploaded(deployed) == {("functions-with.zip", "1" * 32), ("agent-with.zip", "1" * 32)}
    assert deployed.preview().steps == {}


def test_a_zip_with_other_bytes_and_the_same_content_is_not_uploaded_again(
    deployed: EngineStack, builds: Builds
) -> None:
    builds.bytes_with = b"of another patch release"

    assert deployed.up().steps == {}


def test_changed_content_is_uploaded(deployed: EngineStack, builds: Builds) -> None:
    builds.digest, builds.bytes_with = "2" * 32, b"new"

    outcome = deployed.up()

    assert not outcome.error, outcome.output
    assert uploaded(deployed) == {("functions-new.zip", "2" * 32), ("agent-new.zip", "2" * 32)}
