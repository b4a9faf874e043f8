"""Copies of the project, in which a test follows a guide. Their folder has a space, umlauts and a long path."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.components.recorded import PROJECT

# Bytecode is copied: without it, each copy would compile everything again. pytest's own bytecode contains paths.
_LEFT_OUT = shutil.ignore_patterns(
    ".venv", ".tools", ".cache", ".local", ".git", ".*_cache", ".hypothesis", "*-pytest-*.pyc"
)
_FOLDER = "Mein Ordner für Agenten/mit einem langen Pfad, länger als die 127 Zeichen, die in eine erste Zeile passen"


def copy_project(folder: Path) -> Path:
    """Copy the project's sources, with the packages of its bundles, and return the copy's path."""
    copy = folder / _FOLDER / "app"
    shutil.copytree(PROJECT, copy, ignore=_LEFT_OUT)
    cache = copy / ".cache" / "bundles"
    cache.mkdir(parents=True)
    for packages in (PROJECT / ".cache" / "bundles").glob("*-packages-*.zip"):
        (cache / packages.name).symlink_to(packages)
    return copy


def run(copy: Path, *options: str) -> dict[str, Any]:
    """Deploy the dev stack of a copy in the emulated account, complete a run, and return what the command printed."""
    command = [sys.executable, "-m", "local", "run", "--json", *options]
    done = subprocess.run(command, cwd=copy, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{done.stdout}{done.stderr}"
    printed: dict[str, Any] = json.loads(done.stdout)
    return printed
