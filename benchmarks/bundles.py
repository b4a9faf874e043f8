"""List what each package of the bundles costs: `python -m benchmarks.bundles`.

Bytes are those of the unpacked bundle with bytecode. Times are those of its imports on this machine, with the bundle's
own version of Python.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import tempfile
import zipfile
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from components.bundles import bytecode
from components.bundles.recipes import AGENT, FUNCTIONS, Recipe
from tests.artifacts.tools import build_for_this_machine

# What each process imports before its first ping or its first event.
_IMPORTS = {
    AGENT.name: (
        "from agent.analyst import environment, analyse\n"
        "from agent.harness import app, models\n"
        "models.factory('agent.harness.models:bedrock')"
    ),
    FUNCTIONS.name: "import functions.start",
}
# Packages whose parts are listed one by one.
_LISTED_BY_PART = frozenset({"opentelemetry", "botocore"})
_IMPORT_LINE = re.compile(r"import time:\s+(\d+) \|\s+\d+ \| +(\S+)")


@dataclass(frozen=True, kw_only=True)
class Package:
    """What a package of a bundle costs.

    Attributes:
        name: The folder or module in the bundle.
        unpacked_bytes: Size of all its files.
        milliseconds: Time of its imports, without those of other packages.
    """

    name: str
    unpacked_bytes: int
    milliseconds: float


def measure(recipe: Recipe) -> list[Package]:
    """Return the packages of a bundle, those that take longest first.

    Raises:
        BundleError: The bundle cannot be built.
        ToolMissingError: Its packages do not run on this machine.
    """
    built = build_for_this_machine(recipe, lambda message: print(message, file=sys.stderr))
    sizes: dict[str, int] = defaultdict(int)
    with tempfile.TemporaryDirectory() as folder, zipfile.ZipFile(built.path) as archive:
        for entry in archive.infolist():
            sizes[_package_of(entry.filename)] += entry.file_size
        archive.extractall(folder)
        times = _import_times(Path(folder), _IMPORTS[recipe.name])
    packages = [
        Package(name=name, unpacked_bytes=size, milliseconds=times.get(name, 0.0)) for name, size in sizes.items()
    ]
    return sorted(packages, key=lambda package: (-package.milliseconds, -package.unpacked_bytes))


def _package_of(path: str) -> str:
    parts = path.split("/")
    name = parts[0].partition(".")[0] if len(parts) == 1 else parts[0]
    if name.endswith((".dist-info", ".libs")) or name == "bin":
        return "metadata and libraries"
    if name in _LISTED_BY_PART and len(parts) > 2 and parts[1] != "__pycache__":
        return f"{name}.{parts[1]}"
    return name


def _import_times(folder: Path, program: str) -> Mapping[str, float]:
    """Return the milliseconds of each package; the second of two processes is measured."""
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(folder),
        "AWS_DEFAULT_REGION": "eu-west-1",
        "LAMBDA_TASK_ROOT": str(folder),
    }
    command = [bytecode.find_python(), "-X", "importtime", "-c", program]
    for _ in range(2):
        done = subprocess.run(command, env=environment, cwd=folder, capture_output=True, text=True, check=True)  # noqa: S603
    times: dict[str, float] = defaultdict(float)
    for microseconds, module in _IMPORT_LINE.findall(done.stderr):
        parts = module.split(".")
        listed = parts[0] in _LISTED_BY_PART and len(parts) > 1 and (folder / parts[0] / parts[1]).is_dir()
        times[f"{parts[0]}.{parts[1]}" if listed else parts[0]] += int(microseconds) / 1_000
    return times


def table(packages: Sequence[Package], *, most: int = 20) -> str:
    """Return the packages as a table in Markdown: the slowest and the largest ones, and the sum."""
    shown = sorted(packages, key=lambda package: -package.unpacked_bytes)[:most]
    shown = [package for package in packages if package in shown or package in packages[:most]]
    rows = [
        f"| {package.name} | {package.unpacked_bytes / 1e6:.2f} | {package.milliseconds:.1f} |" for package in shown
    ]
    size, time = sum(p.unpacked_bytes for p in packages), sum(p.milliseconds for p in packages)
    total = f"| all {len(packages)} | {size / 1e6:.2f} | {time:.1f} |"
    return "\n".join(["| package | MB unpacked | ms at start |", "|---|---|---|", *rows, total])


def _tables() -> Iterator[str]:
    for recipe in (FUNCTIONS, AGENT):
        yield f"{recipe.name}\n\n{table(measure(recipe))}\n"


def main(arguments: Sequence[str] | None = None) -> int:
    """Print what the packages of both bundles cost."""
    argparse.ArgumentParser(prog="python -m benchmarks.bundles", description=__doc__).parse_args(arguments)
    print("\n".join(_tables()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
