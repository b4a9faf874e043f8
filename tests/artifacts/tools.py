"""Tools of the bundles' tests: AWS's Python version, AWS's emulator of Lambda, and bundles for this machine.

`python -m tests.artifacts.tools` builds and installs what is missing.
"""

from __future__ import annotations

import functools
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path

from components import PROJECT
from components.bundles import build as bundle
from components.bundles import bytecode, packages
from components.bundles.build import Bundle
from components.bundles.packages import BundleError
from components.bundles.recipes import AGENT, FUNCTIONS, Recipe
from tests.engine.cli import REQUIRE, TOOLS, ToolMissingError

HERE = Path(__file__).resolve().parent
_MODULE = "github.com/aws/aws-lambda-runtime-interface-emulator"
_CACHE = PROJECT / ".cache" / "artifacts"


def find_python() -> Path:
    """Return an interpreter of AWS's Python version. uv installs one if that is allowed.

    Raises:
        ToolMissingError: It is not installed.
    """
    try:
        return Path(bytecode.find_python())
    except BundleError:
        raise ToolMissingError(
            f"Python {packages.PYTHON_VERSION} is not installed, so the bundles cannot run: "
            f"run 'uv python install {packages.PYTHON_VERSION}'"
        ) from None


def build_emulator(progress: Callable[[str], None]) -> Path:
    """Return AWS's emulator of Lambda, built if it is missing, which takes seconds.

    Raises:
        ToolMissingError: Go is not installed.
        subprocess.CalledProcessError: Go cannot build it.
    """
    found = re.search(rf"{re.escape(_MODULE)} (v\S+)", (HERE / "go.mod").read_text())
    assert found, "tests/artifacts/go.mod pins no version of the emulator"
    built = TOOLS / f"aws-lambda-rie-{found[1]}"
    if built.exists():
        return built
    if not shutil.which("go"):
        raise ToolMissingError(
            "AWS's emulator of Lambda is not built, so the functions' bundle cannot run under it: install Go 1.26"
        )
    progress(f"Building AWS's emulator of Lambda {found[1]} (seconds, once)")
    built.parent.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=built.parent) as folder:
        draft = Path(folder) / "aws-lambda-rie"
        command = ["go", "build", "-mod=readonly", "-o", str(draft), f"{_MODULE}/cmd/aws-lambda-rie"]
        subprocess.run(command, cwd=HERE, env={**os.environ, "CGO_ENABLED": "0"}, check=True)
        draft.replace(built)
    return built


def build_for_this_machine(recipe: Recipe, progress: Callable[[str], None]) -> Bundle:
    """Return the bundle that is deployed, with bytecode, but with packages for this machine.

    On arm64 it equals the deployed bundle.

    Raises:
        ToolMissingError: Packages for AWS's Python version do not run on this machine.
    """
    target = _platform()
    if target == packages.PLATFORM:
        return bundle.build(recipe, progress=progress, with_bytecode=True)
    install = functools.partial(packages.install, platform=target)
    return bundle.build(recipe, progress=progress, with_bytecode=True, cache=_CACHE, install=install)


def install_runtime_client(folder: Path) -> None:
    """Put AWS's runtime interface client into a folder, as the lock file pins it."""
    packages.install("artifacts", PROJECT, folder, platform=_platform())


def unpack(built: Bundle, folder: Path) -> Path:
    """Unpack a bundle into a folder, with its modes, as AWS does."""
    with zipfile.ZipFile(built.path) as archive:
        for entry in archive.infolist():
            Path(archive.extract(entry, folder)).chmod(entry.external_attr >> 16 & 0o777)
    return folder


def bytecode_of(folder: Path) -> dict[Path, int]:
    """Return the modification time of each bytecode file, in nanoseconds."""
    return {path: path.stat().st_mtime_ns for path in folder.rglob("*.pyc")}


def _platform() -> str:
    if sys.platform != "linux":
        raise ToolMissingError(f"AWS runs the bundles on Linux, so they cannot run on {platform.system()}")
    return f"{platform.machine()}-manylinux2014"


def main() -> int:
    """Build what is missing; print one sentence if a tool is missing.

    Returns:
        The exit status: 0, or 1 if a missing tool is a failure.
    """
    try:
        print(f"Python of AWS: {find_python()}")
        print(f"Emulator of Lambda: {build_emulator(print)}")
        for recipe in (FUNCTIONS, AGENT):
            print(f"Bundle {recipe.name}: {build_for_this_machine(recipe, print).path}")
    except ToolMissingError as error:
        print(error)
        return 1 if os.environ.get(REQUIRE) else 0
    return 0


if __name__ == "__main__":
    sys.exit(main())
