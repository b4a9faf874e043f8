"""The Pulumi CLI that the engine's tests run: the one on PATH, or one that is built from its Go module.

`python -m tests.engine.cli` builds it if there is none, and prints its path. The version is pinned in `go.mod`
beside this file.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
TOOLS = HERE.parents[1] / ".tools"
REQUIRE = "REQUIRE_ENGINE"
"""With this variable set, as `.ci/run` does, a tool that is missing is a failure instead of a reason to skip."""

_PACKAGE = "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi"
_VERSION = "github.com/pulumi/pulumi/sdk/v3/go/common/version.Version"
_PROGRESS_SECONDS = 15


class ToolMissingError(RuntimeError):
    """A tool is neither installed nor can be built; the message says what to install."""


def pinned_version() -> str:
    """Return the version of the CLI that `go.mod` pins, without its leading v."""
    found = re.search(r"github\.com/pulumi/pulumi/pkg/v3 v(\S+)", (HERE / "go.mod").read_text())
    assert found, "tests/engine/go.mod pins no version of the CLI"
    return found[1]


def find() -> Path:
    """Return the CLI's path.

    Raises:
        ToolMissingError: It is neither on PATH nor built.
    """
    if installed := shutil.which("pulumi"):
        return Path(installed)
    built = _built()
    if built.exists():
        return built
    raise ToolMissingError(
        "The Pulumi CLI is not installed, so its tests cannot run: install it, or install Go 1.26 and run "
        "'make test-engine', which builds it"
    )


def build() -> Path:
    """Build the CLI if there is none; takes two to three minutes with an empty Go cache.

    Raises:
        ToolMissingError: There is no Go.
        subprocess.CalledProcessError: Go cannot build it; its own message is on standard error.
    """
    try:
        return find()
    except ToolMissingError:
        if not shutil.which("go"):
            raise
    version, built = pinned_version(), _built()
    built.parent.mkdir(parents=True, exist_ok=True)
    print(f"Building the Pulumi CLI {version} (two to three minutes, once)", flush=True)
    with tempfile.TemporaryDirectory(dir=built.parent) as folder:
        draft = Path(folder) / "pulumi"
        _run_with_progress(["go", "build", "-ldflags", f"-X {_VERSION}={version}", "-o", str(draft), _PACKAGE])
        draft.replace(built)
    return built


def _built() -> Path:
    # The CLI looks for its plugins beside itself, so it gets a folder of its own.
    return TOOLS / f"pulumi-{pinned_version()}" / "pulumi"


def _run_with_progress(command: list[str]) -> None:
    began, done = time.monotonic(), threading.Event()

    def report() -> None:
        while not done.wait(_PROGRESS_SECONDS):
            print(f"  still building, {time.monotonic() - began:.0f} s", flush=True)

    reporter = threading.Thread(target=report)
    reporter.start()
    try:
        subprocess.run(command, cwd=HERE, env={**os.environ, "GOFLAGS": "-mod=readonly"}, check=True)
    finally:
        done.set()
        reporter.join()


def main() -> int:
    """Build the CLI if it is missing; without the CLI and Go, print one sentence.

    Returns:
        The exit status: 0, or 1 if a missing tool is a failure.
    """
    try:
        print(f"Pulumi CLI: {build()}")
    except ToolMissingError as error:
        print(error)
        return 1 if os.environ.get(REQUIRE) else 0
    return 0


if __name__ == "__main__":
    sys.exit(main())
