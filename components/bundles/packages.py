"""The packages of a bundle: the versions that `uv.lock` has for a dependency group, as wheels for AWS."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from components.bundles.zips import BYTECODE_SUFFIX

# AWS documents this platform for AgentCore's code deployment. Lambda's Amazon Linux 2023 runs it too.
PLATFORM = "aarch64-manylinux2014"
PYTHON_VERSION = "3.13"

# Packages that others require and no bundle uses. AWS's distribution of OpenTelemetry imports this one, and with it
# gRPC (20 MB), only if it is told to export by gRPC. It exports by HTTP.
_UNUSED = ("opentelemetry-exporter-otlp-proto-grpc",)

# Files that uv writes about the build machine, and that do not belong to the package.
_MACHINE_FILES = {".lock", "direct_url.json", "uv_cache.json", "INSTALLER", "REQUESTED", "RECORD"}

# The two forms of a script's first lines. If the path of the interpreter has a space or more than 127 characters, the
# script is a shell script and also a Python program: the shell starts Python, which reads the same lines as a text.
_LAUNCHER = re.compile(rb"#!(?:[^\n]*[/\\ ])?python[\w.]*\"?(?:[ \t\r][^\n]*)?(?:\n|\Z)")
_SHELL_LAUNCHER = re.compile(rb"#![^\n]*sh\n'''exec' .*?\n' '''\n", re.DOTALL)


class BundleError(RuntimeError):
    """A bundle cannot be built; the message has the reason and the remedy."""


def install(group: str, project: Path, folder: Path, *, platform: str = PLATFORM) -> None:
    """Install the packages of a dependency group into a folder.

    Args:
        group: A dependency group of the project's `pyproject.toml`.
        project: The folder of `pyproject.toml` and `uv.lock`.
        folder: The folder for the packages.
        platform: The target platform, by its name in uv.

    Raises:
        BundleError: uv is missing, or cannot install the packages.
    """
    requirements = folder.with_suffix(".txt")
    try:
        unused = [argument for name in _UNUSED for argument in ("--prune", name)]
        requirements.write_text(_uv(project, "export", "--frozen", "--only-group", group, "--no-header", *unused))
        # Not "pip install": it resolves again, and the project's override-dependencies would replace locked versions.
        _uv(
            project,
            *("pip", "sync", "--quiet", "--target", str(folder), str(requirements)),
            *("--require-hashes", "--only-binary", ":all:", "--no-compile-bytecode"),
            *("--python-platform", platform, "--python-version", PYTHON_VERSION, "--python", sys.executable),
        )
    finally:
        requirements.unlink(missing_ok=True)


def find_uv() -> str:
    """Return the path of uv.

    Raises:
        BundleError: uv is not installed.
    """
    try:
        from uv import find_uv_bin  # here, because a bundle in the cache needs no uv

        return find_uv_bin()
    except (ImportError, FileNotFoundError):
        raise BundleError("uv is missing: run 'make setup'") from None


def portable_files(folder: Path, aws_services: frozenset[str] | None) -> Iterator[tuple[str, bytes]]:
    """Yield the files of installed packages that belong into a bundle, each as (name in the bundle, content).

    Scripts for another interpreter than Python are left out: they may not run on AWS.

    Args:
        folder: The folder of the installed packages.
        aws_services: The services whose descriptions botocore keeps; None keeps all.
    """
    for path in folder.rglob("*"):
        place = path.relative_to(folder)
        of_machine = path.name in _MACHINE_FILES or path.suffix == BYTECODE_SUFFIX
        if path.is_file() and not of_machine and not _is_of_other_service(place, aws_services):
            content = path.read_bytes()
            bundled = _portable(content) if place.parts[0] == "bin" else content
            if bundled is not None:
                yield place.as_posix(), bundled


def _is_of_other_service(place: Path, aws_services: frozenset[str] | None) -> bool:
    # botocore/data/<service>/<version>/<file>; files directly in data are about all services.
    in_service = place.parts[:2] == ("botocore", "data") and len(place.parts) > len(("botocore", "data", "<file>"))
    return in_service and aws_services is not None and place.parts[2] not in aws_services


def _portable(script: bytes) -> bytes | None:
    """Return a script that finds the interpreter of the machine that runs it. Return None if that is not Python.

    AgentCore does not start a bundle with scripts that have the path of an interpreter.
    """
    if not script.startswith(b"#!"):
        return script
    launcher = _SHELL_LAUNCHER.match(script) or _LAUNCHER.match(script)
    return b"#!/usr/bin/env python3\n" + script[launcher.end() :] if launcher else None


def _uv(project: Path, *arguments: str) -> str:
    uv = find_uv()
    # A machine may have uv compile bytecode. The flags above forbid it, and uv refuses the combination.
    environment = {name: value for name, value in os.environ.items() if name != "UV_COMPILE_BYTECODE"}
    done = subprocess.run(  # noqa: S603
        [uv, *arguments], cwd=project, env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise BundleError(
            f"'uv {' '.join(arguments[:2])}' failed:\n{done.stderr.strip()}\n"
            "If a download failed, check that this machine can reach the package index, and try again. "
            f"If a package has no wheel for {PLATFORM} and Python {PYTHON_VERSION}, choose another release of it."
        )
    return done.stdout
