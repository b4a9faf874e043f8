"""Compiles a bundle's bytecode with the Python version that AWS runs.

AWS runs bundles from folders that are read-only or temporary. Without bytecode, each cold start compiles all imports.
"""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path, PurePosixPath

from components.bundles.packages import PYTHON_VERSION, BundleError, find_uv
from components.bundles.zips import BYTECODE_SUFFIX

# Part of each bundle's digest instead of the compiled bytes, which differ between patch releases of Python.
# "unchecked-hash": Python checks neither the time nor the content of the source, so unpacking keeps bytecode valid.
_TAG = f"cpython-{PYTHON_VERSION.replace('.', '')}"
KIND = f"{_TAG} unchecked-hash"

_PRINT_PATH = "import sys; print(sys.executable)"


def compile_files(files: Mapping[str, bytes]) -> dict[str, bytes]:
    """Return the bytecode of every Python file, by its name in the bundle.

    A file that is not valid in AWS's Python version gets no bytecode: some packages contain such files.

    Raises:
        BundleError: There is no interpreter, or compilation failed.
    """
    python = find_python()
    with tempfile.TemporaryDirectory(prefix="bytecode-") as name:
        folder = Path(name).resolve()
        for place, content in files.items():
            if place.endswith(".py"):
                path = folder / place
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(content)
        # -s: tracebacks name the file in the bundle, not the temporary folder. Exit status 1: some files have none.
        done = _run(
            *(python, "-I", "-W", "ignore", "-m", "compileall", "-qq", "-j", "0"),
            *("--invalidation-mode", "unchecked-hash", "-s", str(folder), str(folder)),
        )
        if done.returncode not in (0, 1) or done.stderr:
            raise BundleError(f"{python} failed to compile a bundle: {done.stderr.strip()}")
        return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob(f"*{BYTECODE_SUFFIX}")}


def name_of(source: str) -> str:
    """Return the name of a Python file's bytecode in the bundle."""
    path = PurePosixPath(source)
    return (path.parent / "__pycache__" / f"{path.stem}.{_TAG}{BYTECODE_SUFFIX}").as_posix()


def find_python() -> str:
    """Return the path of an interpreter of AWS's Python version; uv installs one if there is none.

    Raises:
        BundleError: There is no such interpreter, and uv cannot install one.
    """
    uv = find_uv()
    # Where pyenv manages interpreters, its python3.13 works only if this variable, or a file of its own, selects 3.13.
    found = _run(uv, "python", "find", "--no-project", PYTHON_VERSION, PYENV_VERSION=PYTHON_VERSION)
    if found.returncode:
        found = _run(
            *(uv, "run", "--no-project", "--managed-python", "--python", PYTHON_VERSION),
            *("--", "python", "-I", "-c", _PRINT_PATH),
        )
    if found.returncode:
        raise BundleError(
            f"Bundles need bytecode of Python {PYTHON_VERSION}, and this machine has no such interpreter: "
            f"run 'uv python install {PYTHON_VERSION}'. uv reported:\n{found.stderr.strip()}"
        )
    return found.stdout.strip()


def _run(*command: str, **variables: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, **variables}
    return subprocess.run(  # noqa: S603
        command, env=environment, capture_output=True, text=True, check=False
    )
