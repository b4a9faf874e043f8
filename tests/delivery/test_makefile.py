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
from tests.delivery.pages import block

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
BUILD = "python -m components.bundles.build"
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
    (folder / "runs").mkdir()
    shutil.copy(PROJECT / "runs" / "launcher.sh", folder / "runs")
    for name in ("python", "ruff", "mypy", "pytest", "uv"):
        (programs / name).write_text(STUB)
        (programs / name).chmod(stat.S_IRWXU)
    (folder / ".venv" / ".ready").touch()
    return folder


def run(folder: Path, *command: str, fails: int = 0) -> tuple[int, list[str]]:
    """Run a command. The given call of a stand-in fails. Return the exit status and the calls."""
    calls = folder / "calls"
    calls.write_text("")
    path = f"{folder / '.venv' / 'bin'}{os.pathsep}{os.environ['PATH']}"
    environment = {**os.environ, "PATH": path, "CALLS": str(calls), "FAILS": str(fails)}
    done = subprocess.run(
        ["/usr/bin/env", *command], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    return done.returncode, calls.read_text().splitlines()


@pytest.mark.parametrize("target", TARGETS)
def test_the_first_command_that_fails_ends_its_target(folder: Path, target: str) -> None:
    status, calls = run(folder, "make", target)
    assert (status, calls[0]) == (0, BUILD)

    for number in range(1, len(calls) + 1):
        assert run(folder, "make", target, fails=number) == (2, calls[:number])


def test_the_help_lists_each_target_that_has_a_description(folder: Path) -> None:
    command = ["/usr/bin/env", "make", "--no-print-directory"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True)

    assert {line.split()[1] for line in done.stdout.splitlines()} == {*TARGETS, "help", "clean"}


def test_the_commands_of_the_quick_start_run(folder: Path) -> None:
    status, calls = run(folder, "bash", "-ec", block("README.md", "make run"))

    assert status == 0
    assert [call for call in calls if call != BUILD] == [
        *("python -m local run --stack dev", "ruff format --check --quiet .", "ruff check --quiet .", "mypy "),
        *("uv lock --check --quiet", "pytest "),
    ]


def test_the_commands_for_contributors_run(folder: Path) -> None:
    set_up, loop = (block("CONTRIBUTING.md", part) for part in ("make setup", "make test-fast"))

    assert run(folder, "bash", "-ec", set_up) == (0, [BUILD])
    assert run(folder, "bash", "-ec", loop) == (
        0,
        [
            *(BUILD, "pytest -n 3 -m not local and not slow", "pytest -n 1 tests/components/storage"),
            *("ruff check .", "ruff format .", "mypy "),
        ],
    )
    assert (PROJECT / "tests/components/storage").is_dir()
