"""The bytecode of both bundles."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from components.bundles import bytecode
from components.bundles.build import Bundle
from components.bundles.recipes import AGENT, FUNCTIONS, Recipe
from tests.artifacts import tools


@pytest.mark.parametrize("recipe", [FUNCTIONS, AGENT], ids=lambda recipe: recipe.name)
def test_a_bundle_has_bytecode_of_every_python_file(
    recipe: Recipe,
    python: Path,  # noqa: ARG001 - skips or fails without it
    demand: Callable[[Callable[[], Bundle]], Bundle],
) -> None:
    built = demand(lambda: tools.build_for_this_machine(recipe, print))

    with zipfile.ZipFile(built.path) as archive:
        names = set(archive.namelist())
    # No package has a file that is not valid in Python 3.13. If one comes to have some, name them here.
    assert not {name for name in names if name.endswith(".py") and bytecode.name_of(name) not in names}
    assert built.zipped_bytes < 100 * 1024 * 1024
