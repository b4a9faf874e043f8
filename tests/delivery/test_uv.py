"""uv installs everything else, so its own version and hashes are those of uv.lock, wherever no uv is on PATH."""

from __future__ import annotations

import base64
import functools
import hashlib
import os
import re
import shutil
import stat
import subprocess
import tomllib
import zipfile
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.components.recorded import PROJECT
from tests.delivery.workflows import ACTIONS, GITHUB, WORKFLOWS, load

pytestmark = pytest.mark.slow

SCRIPT = b"#!/bin/sh\necho stand-in\n"


@functools.cache
def locked() -> dict[str, Any]:
    """Return what uv.lock contains of uv."""
    packages = tomllib.loads((PROJECT / "uv.lock").read_text())["package"]
    return next(package for package in packages if package["name"] == "uv")


class Refusal(NamedTuple):
    """What is left where a uv with a foreign hash was to be installed, and the hash."""

    folder: Path
    registry: Path
    digest: str
    error: str
    requirement: str
    is_installed: bool


def wheel(folder: Path) -> str:
    """Write a stand-in for uv as a wheel with the locked version, and return its hash."""
    info = f"uv-{locked()['version']}.dist-info"
    files = {
        f"uv-{locked()['version']}.data/scripts/uv": SCRIPT,
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: uv\nVersion: {locked()['version']}\n".encode(),
        f"{info}/WHEEL": b"Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    digests = {
        name: base64.urlsafe_b64encode(hashlib.sha256(data).digest()).decode().rstrip("=")
        for name, data in files.items()
    }
    record = [f"{name},sha256={digests[name]},{len(data)}" for name, data in files.items()]
    files[f"{info}/RECORD"] = "\n".join([*record, f"{info}/RECORD,,", ""]).encode()
    path = folder / f"uv-{locked()['version']}-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in files.items():
            entry = zipfile.ZipInfo(name)
            entry.external_attr = (stat.S_IFREG | 0o755) << 16
            archive.writestr(entry, data)
    return hashlib.sha256(path.read_bytes()).hexdigest()


def installed(folder: Path, registry: Path) -> subprocess.CompletedProcess[str]:
    """Install uv as `make setup` does, from a folder in place of a registry."""
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("PIP_", "MAKE"))}
    return subprocess.run(
        ["/usr/bin/env", "make", ".tools/bin/uv"],
        cwd=folder,
        env={**environment, "PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(registry), "PIP_CONFIG_FILE": os.devnull},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="module")
def refused(tmp_path_factory: pytest.TempPathFactory) -> Refusal:
    """Try to install a uv whose hash is not in the lock file. It takes seconds, for a virtual environment."""
    folder, registry = tmp_path_factory.mktemp("project"), tmp_path_factory.mktemp("registry")
    for name in ("Makefile", "uv.lock"):
        shutil.copy(PROJECT / name, folder)
    digest = wheel(registry)
    done = installed(folder, registry)
    assert done.returncode != 0
    requirement = (folder / ".tools/uv.txt").read_text()
    return Refusal(folder, registry, digest, done.stderr, requirement, (folder / ".tools/bin/uv").exists())


def test_a_uv_with_another_hash_is_not_installed(refused: Refusal) -> None:
    assert "DO NOT MATCH THE HASHES" in refused.error
    assert not refused.is_installed


def test_every_wheel_of_the_locked_version_may_be_installed(refused: Refusal) -> None:
    assert refused.requirement.split()[0] == f"uv=={locked()['version']}"
    assert re.findall(r"--hash=(\S+)", refused.requirement) == [one["hash"] for one in locked()["wheels"]]


def test_a_uv_with_a_hash_of_the_lock_file_is_installed_from_any_registry(refused: Refusal) -> None:
    lock = refused.folder / "uv.lock"
    lock.write_text(lock.read_text().replace(locked()["wheels"][-1]["hash"], f"sha256:{refused.digest}"))

    done = installed(refused.folder, refused.registry)

    assert done.returncode == 0, done.stderr
    uv = refused.folder / ".tools/bin/uv"
    assert subprocess.run([uv], capture_output=True, check=True).stdout == b"stand-in\n"


def test_the_workflows_get_uv_from_the_lock_file_only() -> None:
    for path in [*WORKFLOWS, *ACTIONS]:
        assert "setup-uv" not in path.read_text(), path.name
    steps = load(GITHUB / "actions/pulumi/action.yml")["runs"]["steps"]
    commands = [step.get("run", "").splitlines() for step in steps]
    token = next(number for number, step in enumerate(steps) if "aws-actions/" in step.get("uses", ""))

    assert commands[0][:3] == [
        "make .tools/bin/uv",
        'echo "$PWD/.tools/bin" >> "$GITHUB_PATH"',
        ".tools/bin/uv sync --frozen",
    ]
    assert token > 0, "nothing may be installed while the job has the role's credentials"
