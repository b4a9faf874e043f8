"""Builds the zips that Lambda and AgentCore run: reproducibly, from what `uv.lock` pins, and only when needed.

`python -m components.bundle` builds them all.

A bundle is the packages of one dependency group, as wheels for the processor and Python that AWS runs, and the project's own
sources on top. Whatever varies between machines and days is left out or set: modes, times, order, bytecode, paths of the
machine that built it. Building twice gives the same bytes; and since compression may still differ between releases of zlib,
a bundle is identified by the digest of what is in it, not of the zip.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
CACHE = PROJECT / ".cache" / "bundles"

# What AWS documents for AgentCore's code deployment, and what Lambda's Amazon Linux 2023 runs as well.
PLATFORM = "aarch64-manylinux2014"
PYTHON_VERSION = "3.13"

_MEBIBYTE = 1024 * 1024
# Zips know no time before 1980.
_TIME = (1980, 1, 1, 0, 0, 0)
_FILE_MODE = 0o644
_EXECUTABLE_MODE = 0o755
# What uv and pip leave behind that tells of the machine rather than of the package.
_MACHINE_FILES = {".lock", "direct_url.json", "uv_cache.json", "INSTALLER", "REQUESTED", "RECORD"}
# Old bundles of the same name that stay in the cache; another process may still be reading the last ones.
_KEPT = 4


class BundleError(RuntimeError):
    """A bundle cannot be built; the message says why, and what to do."""


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """What a bundle is made of.

    Attributes:
        name: Of the bundle.
        group: Dependency group of `pyproject.toml` whose packages it holds.
        folders: Folders of the project that it holds.
        copies: Further files: their names in the bundle, to where they lie in the project.
        aws_services: What botocore shall know; None is everything. Its descriptions of services that are never called make
            up most of a small bundle.
        max_zipped_mebibytes: The zip may be no larger.
        max_unpacked_mebibytes: All files together may be no larger.
    """

    name: str
    group: str
    folders: Sequence[str]
    copies: Mapping[str, str] = field(default_factory=dict)
    aws_services: frozenset[str] | None = None
    max_zipped_mebibytes: int = 250
    max_unpacked_mebibytes: int


# Limits: "Lambda quotas" (deployment package) and "Quotas for AgentCore Runtime" (direct code deployment).
FUNCTIONS = Recipe(
    name="functions",
    group="functions",
    folders=["functions"],
    aws_services=frozenset({"bedrock-agentcore", "xray"}),
    max_unpacked_mebibytes=250,
)
AGENT = Recipe(
    name="agent",
    group="agent",
    folders=["agent"],
    copies={"main.py": "agent/__main__.py"},
    max_unpacked_mebibytes=750,
)


@dataclass(frozen=True, kw_only=True)
class Bundle:
    """A zip that has been built.

    Attributes:
        name: Of the bundle.
        path: Of the zip.
        digest: Of names, modes and contents of all files: the same wherever and whenever it is built.
        zipped_bytes: Size of the zip.
        unpacked_bytes: Size of all files together.
        files: How many there are.
    """

    name: str
    path: Path
    digest: str
    zipped_bytes: int
    unpacked_bytes: int
    files: int


def build(
    recipe: Recipe,
    *,
    project: Path = PROJECT,
    cache: Path = CACHE,
    progress: Callable[[str], None] = lambda line: None,
) -> Bundle:
    """Build a bundle, or find it in the cache.

    Args:
        recipe: What it is made of.
        project: The folder of `pyproject.toml` and `uv.lock`.
        cache: Where bundles are kept. Several processes may use it at once.
        progress: Is told what takes time.

    Raises:
        BundleError: uv is missing, cannot install the packages, or the result breaks a rule of AWS.
    """
    sources = dict(_sources(recipe, project))
    packages_key = _packages_key(recipe, project)
    key = _hash(packages_key, *(f"{name}\0{_hash(content)}" for name, content in sorted(sources.items())))
    zip_path = cache / f"{recipe.name}-{key[:20]}.zip"
    facts = zip_path.with_suffix(".json")
    if facts.exists():
        return Bundle(path=zip_path, **json.loads(facts.read_text()))
    cache.mkdir(parents=True, exist_ok=True)
    packages = cache / f"{recipe.name}-packages-{packages_key[:20]}.zip"
    if not packages.exists():
        progress(f"{recipe.name}: installing the packages of group {recipe.group} for {PLATFORM}")
        with tempfile.TemporaryDirectory(dir=cache, prefix="install-") as folder:
            _install(recipe, project, Path(folder))
            files = dict(_packages(recipe, Path(folder)))
        progress(f"{recipe.name}: packing {len(files)} files")
        with _atomic(packages) as draft:
            _write(draft, files)
    with _atomic(zip_path) as draft:
        shutil.copyfile(packages, draft)
        _write(draft, sources)
        bundle = _measure(recipe, draft, zip_path)
    with _atomic(facts) as draft:
        draft.write_text(json.dumps({name: value for name, value in asdict(bundle).items() if name != "path"}))
    _forget_old(cache, recipe)
    return bundle


def _sources(recipe: Recipe, project: Path) -> Iterator[tuple[str, bytes]]:
    for folder in recipe.folders:
        for path in sorted((project / folder).rglob("*")):
            name = path.relative_to(project)
            hidden = any(part.startswith(".") or part in {"__pycache__", "tests"} for part in name.parts)
            if path.is_file() and not hidden and path.suffix != ".pyc":
                yield name.as_posix(), path.read_bytes()
    for name, origin in recipe.copies.items():
        yield name, (project / origin).read_bytes()


def _packages_key(recipe: Recipe, project: Path) -> str:
    services = "*" if recipe.aws_services is None else ",".join(sorted(recipe.aws_services))
    lock = (project / "uv.lock").read_bytes()
    builder = Path(__file__).read_bytes()
    return _hash(builder, lock, recipe.group, services, PLATFORM, PYTHON_VERSION)


def _install(recipe: Recipe, project: Path, folder: Path) -> None:
    requirements = folder.with_suffix(".txt")
    try:
        requirements.write_text(
            _uv(project, "export", "--frozen", "--only-group", recipe.group, "--no-header", "--no-annotate")
        )
        _uv(
            project,
            *("pip", "install", "--quiet", "--target", str(folder), "--requirement", str(requirements)),
            *("--no-deps", "--require-hashes", "--only-binary", ":all:", "--no-compile-bytecode"),
            *("--python-platform", PLATFORM, "--python-version", PYTHON_VERSION, "--python", sys.executable),
        )
    finally:
        requirements.unlink(missing_ok=True)


def _uv(project: Path, *arguments: str) -> str:
    try:
        from uv import find_uv_bin  # here, so that a bundle that is in the cache needs no uv

        uv = find_uv_bin()
    except (ImportError, FileNotFoundError):
        raise BundleError("uv, which installs a bundle's packages, is missing: run 'make setup'") from None
    done = subprocess.run([uv, *arguments], cwd=project, capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode:
        raise BundleError(
            f"uv cannot {' '.join(arguments[:2])}:\n{done.stderr.strip()}\n"
            "If a download failed, check the network and the package index (UV_DEFAULT_INDEX) and try again; "
            f"if a package has no wheel for {PLATFORM} and Python {PYTHON_VERSION}, choose another release of it."
        )
    return done.stdout


def _packages(recipe: Recipe, folder: Path) -> Iterator[tuple[str, bytes]]:
    for path in folder.rglob("*"):
        name = path.relative_to(folder)
        if path.is_dir() or path.name in _MACHINE_FILES or path.suffix == ".pyc":
            continue
        if recipe.aws_services is not None and _is_needless_service(name, recipe.aws_services):
            continue
        content = path.read_bytes()
        yield name.as_posix(), _portable(name.as_posix(), content) if name.parts[0] == "bin" else content


def _is_needless_service(name: Path, services: frozenset[str]) -> bool:
    # botocore/data/<service>/<version>/…; the files right beneath data are about all services.
    return name.parts[:2] == ("botocore", "data") and len(name.parts) > 3 and name.parts[2] not in services


def _portable(name: str, script: bytes) -> bytes:
    """A script whose first line names the interpreter of the machine that built it, made to find one where it runs."""
    first, newline, rest = script.partition(b"\n")
    if not first.startswith(b"#!") or first.startswith(b"#!/usr/bin/env "):
        return script
    if b"python" not in first:
        raise BundleError(f"{name} begins with {first.decode()!r}, which AWS does not have: leave its package out")
    return b"#!/usr/bin/env python3" + newline + rest


def _write(path: Path, files: Mapping[str, bytes]) -> None:
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
        taken = set(archive.namelist())
        for name, content in sorted(files.items()):
            if name in taken:
                raise BundleError(f"{name} is in the project's sources and in a package: rename the project's file")
            entry = zipfile.ZipInfo(name, _TIME)
            entry.create_system = 3  # POSIX, so that the mode is read
            entry.external_attr = (0o100000 | _mode(name)) << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, content)


def _mode(name: str) -> int:
    return _EXECUTABLE_MODE if name.startswith("bin/") or name.endswith(".so") or ".so." in name else _FILE_MODE


def _measure(recipe: Recipe, draft: Path, path: Path) -> Bundle:
    with zipfile.ZipFile(draft) as archive:
        entries = sorted(archive.infolist(), key=lambda entry: entry.filename)
        lines = [f"{e.filename}\0{e.external_attr}\0{_hash(archive.read(e))}" for e in entries]
    bundle = Bundle(
        name=recipe.name,
        path=path,
        digest=_hash(*lines)[:32],
        zipped_bytes=draft.stat().st_size,
        unpacked_bytes=sum(entry.file_size for entry in entries),
        files=len(entries),
    )
    for size, limit, what in [
        (bundle.zipped_bytes, recipe.max_zipped_mebibytes, "zipped"),
        (bundle.unpacked_bytes, recipe.max_unpacked_mebibytes, "unpacked"),
    ]:
        if size > limit * _MEBIBYTE:
            raise BundleError(
                f"Bundle {recipe.name} has {size / _MEBIBYTE:.0f} MB {what}, and AWS takes {limit} MB: "
                f"take packages out of the dependency group {recipe.group}"
            )
    return bundle


@contextlib.contextmanager
def _atomic(path: Path) -> Iterator[Path]:
    """A file that appears under its name only when it is whole; of two processes the later one wins, with the same bytes."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix="draft-")
    os.close(handle)
    draft = Path(name)
    try:
        yield draft
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


def _forget_old(cache: Path, recipe: Recipe) -> None:
    packages = set(cache.glob(f"{recipe.name}-packages-*.zip"))
    bundles = set(cache.glob(f"{recipe.name}-*.zip")) - packages
    for kind in (packages, bundles):
        for zip_path in sorted(kind, key=lambda path: path.stat().st_mtime, reverse=True)[_KEPT:]:
            zip_path.with_suffix(".json").unlink(missing_ok=True)
            zip_path.unlink(missing_ok=True)


def _hash(*parts: str | bytes) -> str:
    digest = hashlib.sha256()
    for part in parts:
        content = part.encode() if isinstance(part, str) else part
        digest.update(len(content).to_bytes(8, "big"))
        digest.update(content)
    return digest.hexdigest()


def main() -> None:
    """Build every bundle, and say how large it is."""
    for recipe in (FUNCTIONS, AGENT):
        began = time.monotonic()
        try:
            bundle = build(recipe, progress=print)
        except BundleError as error:
            sys.exit(str(error))
        print(
            f"{bundle.name}: {bundle.files} files, {bundle.zipped_bytes / _MEBIBYTE:.1f} MB zipped, "
            f"{bundle.unpacked_bytes / _MEBIBYTE:.1f} MB unpacked, {time.monotonic() - began:.2f} s"
        )


if __name__ == "__main__":
    main()
