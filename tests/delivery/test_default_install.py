"""The packages that Pulumi installs before it runs a program, package or policy pack, and those of `make setup`."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from importlib import metadata
from pathlib import Path

import pytest
import yaml
from uv import find_uv_bin

from tests.components.recorded import PROJECT

# 24 today, against 208 with the group dev. One more is a decision, since each user of the package installs it.
MOST_PACKAGES = 25

# The files that tell Pulumi how to run Python. It runs 'uv sync' in the folder of each.
RUNTIMES = ["Pulumi.yaml", "bootstrap/Pulumi.yaml", "package/PulumiPlugin.yaml", "policies/PulumiPolicy.yaml"]

# Each place that Pulumi starts, as the module that its __main__.py loads.
PROGRAMS = ["components.fire_and_forget_agent", "package.provider", "bootstrap.program", "policies.rules.pack"]

# Imports a module while every package outside the default install is out of reach.
IMPORT_ALONE = """
import importlib, sys
absent = set(sys.argv[2:])
class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in absent:
            raise ModuleNotFoundError(f"{name} is not in the default install")
sys.meta_path.insert(0, Absent())
importlib.import_module(sys.argv[1])
"""


def exported(*arguments: str) -> set[str]:
    """Return the names of the packages that uv installs, as in the lock file."""
    command = [find_uv_bin(), "export", "--frozen", "--no-hashes", "--no-header", "--no-annotate", *arguments]
    lines = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=True).stdout.splitlines()
    return {re.split("[=; ]", line)[0] for line in lines}


@pytest.fixture(scope="module")
def installed() -> set[str]:
    return exported()


def test_the_default_install_is_small_and_holds_nothing_for_development(installed: set[str]) -> None:
    assert installed >= {"pulumi", "pulumi-aws", "pulumi-policy", "tzdata", "uv"}
    assert installed & {"boto3", "hypothesis", "ministack", "moto", "mypy", "pytest", "ruff", "strands-agents"} == set()
    assert len(installed) <= MOST_PACKAGES


def test_setup_adds_every_other_group_except_what_the_tests_of_the_bundles_install(installed: set[str]) -> None:
    assert exported("--group", "dev") == exported("--all-groups", "--no-group", "artifacts") > installed


@pytest.mark.parametrize("program", PROGRAMS)
@pytest.mark.slow
def test_a_program_runs_with_the_default_install_alone(installed: set[str], program: str) -> None:
    def name(distribution: str) -> str:
        return re.sub("[-_.]+", "-", distribution).lower()

    absent = [
        module
        for module, distributions in metadata.packages_distributions().items()
        if not any(name(distribution) in installed for distribution in distributions)
    ]
    command = [sys.executable, "-c", IMPORT_ALONE, program, *absent]

    assert "pytest" in absent
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("place", RUNTIMES)
def test_pulumi_installs_into_the_project_s_environment_with_uv(place: str) -> None:
    file = PROJECT / place
    runtime = yaml.safe_load(file.read_text())["runtime"]

    assert runtime["options"]["toolchain"] == "uv"
    assert (file.parent / runtime["options"]["virtualenv"]).resolve() == PROJECT / ".venv"


def setup_commands(folder: Path) -> str:
    """Return the commands that `make setup` runs for a project that has been set up before."""
    environment: Mapping[str, str] = {k: v for k, v in os.environ.items() if k not in ("MAKEFLAGS", "MAKELEVEL")}
    (folder / "runs").mkdir()
    for name in ("Makefile", "pyproject.toml", "uv.lock", "runs/launcher.sh"):
        shutil.copy(PROJECT / name, folder / name)
    for name in (".venv/.ready", ".tools/bin/uv"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()
    os.utime(folder / ".venv/.ready", (4_000_000_000, 4_000_000_000))
    command = ["make", "--dry-run", "setup"]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=True).stdout


def test_setup_restores_the_packages_that_pulumi_install_has_removed(tmp_path: Path) -> None:
    (tmp_path / ".venv" / "bin").mkdir(parents=True)

    assert " sync --frozen --quiet --group dev " in setup_commands(tmp_path)


def test_setup_installs_nothing_twice(tmp_path: Path) -> None:
    (tmp_path / ".venv" / "bin").mkdir(parents=True)
    (tmp_path / ".venv" / "bin" / "pytest").touch()

    assert " sync " not in setup_commands(tmp_path)


def test_setup_finds_uv_in_a_folder_with_a_space(tmp_path: Path) -> None:
    for name in ("Makefile", "pyproject.toml", "uv.lock"):
        shutil.copy(PROJECT / name, tmp_path)
    (tmp_path / ".venv").mkdir()
    uv = tmp_path / "my tools" / "uv"
    uv.parent.mkdir()
    uv.write_text('#!/bin/sh\necho "$1" > called\n')
    uv.chmod(0o755)
    environment = {"PATH": f"{uv.parent}:/usr/bin:/bin"}

    command = ["make", ".venv/.ready"]
    subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, check=True)

    assert (tmp_path / "called").read_text() == "sync\n"
