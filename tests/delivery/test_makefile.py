"""The Makefile works with GNU Make 3.81, the version of macOS, and a failed command ends its target.

No Make 3.81 runs here. The file has no feature of a later version, so what the tests see is what 3.81 does.
"""

from __future__ import annotations

import os
import re
import shutil
import stat
import subprocess
from pathlib import Path

import pytest

from tests.components.recorded import PROJECT

MAKEFILE = (PROJECT / "Makefile").read_text()

# From the NEWS of GNU Make: what came with 3.82, 4.0, 4.2, 4.3 and 4.4.
LATER = {
    "3.82": r"^\s*(\.ONESHELL|\.POSIX)\b|\.SHELLFLAGS|\.RECIPEPREFIX|^\s*(private|undefine)\b|^define \S+ *[:+?]?=",
    "4.0": r"!=|::=|\$[({](file|guile) |^-?load\b|--(output-sync|trace)\b",
    "4.2": r"\.SHELLSTATUS",
    "4.3": r"&:|\.EXTRA_PREREQS",
    "4.4": r":::=|\.(WAIT|NOTINTERMEDIATE)\b|\$[({](let|intcmp) ",
}

# Notes its arguments, and fails at the call that `fails` counts.
STUB = """#!/bin/sh
echo "${0##*/} $*" >>"$CALLS"
[ "$(wc -l <"$CALLS")" -ne "$FAILS" ]
"""
TARGETS = sorted(set(re.findall(r"^([a-z-]+):.*##", MAKEFILE, re.MULTILINE)) - {"help", "clean"})


@pytest.mark.parametrize("version", LATER)
def test_the_makefile_has_no_feature_of_a_later_version(version: str) -> None:
    code = re.sub(r"(^|\s)#.*", "", MAKEFILE, flags=re.MULTILINE)

    assert re.findall(LATER[version], code, re.MULTILINE) == []


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder whose set-up is done. Each program in it is a stand-in that notes its arguments."""
    folder = tmp_path / "Mein Ordner für Agenten"
    programs = folder / ".venv" / "bin"
    programs.mkdir(parents=True)
    for name in ("Makefile", "pyproject.toml", "uv.lock"):
        shutil.copy(PROJECT / name, folder)
    for name in ("python", "ruff", "mypy", "pytest", "uv"):
        (programs / name).write_text(STUB)
        (programs / name).chmod(stat.S_IRWXU)
    (folder / ".venv" / ".ready").touch()
    return folder


def make(folder: Path, target: str, *, fails: int) -> tuple[int, list[str]]:
    """Make a target whose given call fails. Return the exit status and the calls."""
    calls = folder / "calls"
    calls.unlink(missing_ok=True)
    path = f"{folder / '.venv' / 'bin'}{os.pathsep}{os.environ['PATH']}"
    environment = {**os.environ, "PATH": path, "CALLS": str(calls), "FAILS": str(fails)}
    command = ["/usr/bin/env", "make", target]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    return done.returncode, calls.read_text().splitlines()


@pytest.mark.parametrize("target", TARGETS)
def test_the_first_command_that_fails_ends_its_target(folder: Path, target: str) -> None:
    status, calls = make(folder, target, fails=0)
    assert (status, calls[0]) == (0, "python -m components.bundles.build")

    for number in range(1, len(calls) + 1):
        assert make(folder, target, fails=number) == (2, calls[:number])


def test_the_help_lists_each_target_that_has_a_description(folder: Path) -> None:
    done = subprocess.run(["/usr/bin/env", "make"], cwd=folder, capture_output=True, text=True, check=True)

    assert {line.split()[1] for line in done.stdout.splitlines()} == {*TARGETS, "help", "clean"}
