"""Builds the zips that Lambda and AgentCore run: reproducibly, from what `uv.lock` pins, and only when needed.

`python -m components.bundles.build` builds them all.

A bundle is the packages of one dependency group and the project's own sources on top. Modes, times and order are set,
and paths of the machine that builds it are left out, so that building twice gives the same bytes. Compression differs
between releases of zlib, and bytecode between patch releases of Python: a bundle is identified by the digest of its
other files, not of the zip.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import shutil
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

from components import PROJECT
from components.bundles import bytecode, packages
from components.bundles import zips as archive
from components.bundles.cache import atomic, forget_old
from components.bundles.packages import BundleError

CACHE = PROJECT / ".cache" / "bundles"

# What AgentCore starts is called so in every agent's bundle, and is started by this command of its packages, which sees
# that its spans get to X-Ray.
AGENT_ENTRY = "main.py"
AGENT_STARTER = "opentelemetry-instrument"

# Environment variable and its value with which a deployment builds bundles without bytecode. Never set it for a
# deployment that reaches AWS: the bundle's key is the same, so a later deployment would not add the bytecode.
BYTECODE_VARIABLE = "BUNDLE_BYTECODE"
OMIT_BYTECODE = "omit"

_MEBIBYTE = 1024 * 1024


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """What a bundle is made of.

    Attributes:
        name: Of the bundle.
        group: Dependency group of `pyproject.toml` whose packages it holds.
        folders: Folders of the project that it holds.
        copies: Further files: their names in the bundle, to where they lie in the project.
        commands: Commands that it is started with, and that its packages must therefore have.
        aws_services: What botocore shall know; None is everything. Its descriptions of services that are never called
            make up most of a small bundle.
        max_zipped_mebibytes: The zip may be no larger.
        max_unpacked_mebibytes: All files together may be no larger.
    """

    name: str
    group: str
    folders: Sequence[str]
    copies: Mapping[str, str] = field(default_factory=dict)
    commands: Sequence[str] = ()
    aws_services: frozenset[str] | None = None
    max_zipped_mebibytes: int = 250
    max_unpacked_mebibytes: int


def agent(*, folders: Sequence[str], entry: str, group: str) -> Recipe:
    """The recipe of an agent's bundle.

    Args:
        folders: Folders of the project that it holds.
        entry: The file of the project that AgentCore starts.
        group: Dependency group of `pyproject.toml` whose packages it holds.
    """
    # Limits: "Quotas for AgentCore Runtime" (direct code deployment).
    return Recipe(
        name="agent",
        group=group,
        folders=folders,
        copies={AGENT_ENTRY: entry},
        commands=[AGENT_STARTER],
        max_unpacked_mebibytes=750,
    )


_SHARED_WITH_AGENT = (
    "agent/__init__.py",
    "agent/harness/__init__.py",
    "agent/harness/payload.py",
    "agent/harness/telemetry.py",
)
# Limits: "Lambda quotas" (deployment package).
FUNCTIONS = Recipe(
    name="functions",
    group="functions",
    folders=["functions"],
    # What the functions share with the agent. Their zip stays small, so it has no other file of the agent.
    copies={name: name for name in _SHARED_WITH_AGENT},
    aws_services=frozenset({"bedrock-agentcore", "xray"}),
    max_unpacked_mebibytes=250,
)
AGENT = agent(folders=["agent"], entry="agent/__main__.py", group="agent")


@dataclass(frozen=True, kw_only=True)
class Bundle:
    """A zip that has been built.

    Attributes:
        name: Of the bundle.
        path: Of the zip.
        digest: Of what is deployed: the same on every machine, on every day, and with or without bytecode.
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
    progress: Callable[[str], None],
    with_bytecode: bool = False,
    project: Path = PROJECT,
    cache: Path = CACHE,
    install: Callable[[str, Path, Path], None] = packages.install,
) -> Bundle:
    """Build a bundle, or find it in the cache.

    Args:
        recipe: What it is made of.
        progress: Is told what takes time.
        with_bytecode: Whether every Python file is compiled for AWS, which needs an interpreter of AWS's Python
            version. A bundle without bytecode runs as well, but every cold start compiles all imports.
        project: The folder of `pyproject.toml` and `uv.lock`.
        cache: Where bundles are kept. Several processes may use it at once.
        install: Puts the packages of a group, of a project, into a folder.

    Raises:
        BundleError: The packages cannot be installed, or there is no interpreter for the bytecode, or the result breaks
            a rule of AWS.
    """
    _refuse_missing(recipe, project)
    sources = dict(_sources(recipe, project))
    packages_key = _packages_key(recipe, project, with_bytecode=with_bytecode)
    key = _hash(packages_key, *(f"{name}\0{_hash(content)}" for name, content in sorted(sources.items())))
    zip_path = cache / f"{recipe.name}-{key}.zip"
    facts = zip_path.with_suffix(".json")
    with contextlib.suppress(FileNotFoundError):
        return Bundle(path=zip_path, **json.loads(facts.read_text()))
    cache.mkdir(parents=True, exist_ok=True)
    packages_zip = cache / f"{recipe.name}-packages-{packages_key}.zip"
    if not packages_zip.exists():
        with tempfile.TemporaryDirectory(dir=cache, prefix="install-") as folder, atomic(packages_zip) as draft:
            progress(f"{recipe.name}: installing the packages of group {recipe.group} for {packages.PLATFORM}")
            install(recipe.group, project, Path(folder))
            files = dict(packages.portable_files(Path(folder), recipe.aws_services))
            if with_bytecode:
                progress(f"{recipe.name}: compiling them for Python {packages.PYTHON_VERSION}")
                files |= bytecode.compile_files(files)
            progress(f"{recipe.name}: packing them")
            archive.append(draft, files)
    if with_bytecode:
        sources |= _compiled(sources, recipe)
    with atomic(zip_path) as draft:
        shutil.copyfile(packages_zip, draft)
        try:
            archive.append(draft, sources)
        except FileExistsError as error:
            raise BundleError(f"{error} is in the project and in a package: rename the project's file") from None
        _refuse_without_commands(draft, recipe)
        contents = archive.read_contents(draft)
        bundle = Bundle(
            name=recipe.name,
            path=zip_path,
            digest=_hash(contents.digest, bytecode.KIND),
            zipped_bytes=draft.stat().st_size,
            unpacked_bytes=contents.unpacked_bytes,
            files=contents.files,
        )
        _refuse_too_large(bundle, recipe)
    with atomic(facts) as draft:
        draft.write_text(json.dumps({name: value for name, value in asdict(bundle).items() if name != "path"}))
    forget_old(cache, recipe.name)
    return bundle


def _refuse_missing(recipe: Recipe, project: Path) -> None:
    for place in (*recipe.folders, *recipe.copies.values()):
        if not (project / place).exists():
            raise BundleError(f"Bundle {recipe.name} wants {place}, and there is none in {project}: see to its name")


def _sources(recipe: Recipe, project: Path) -> Iterator[tuple[str, bytes]]:
    for folder in recipe.folders:
        for path in (project / folder).rglob("*"):
            place = path.relative_to(project)
            hidden = any(part.startswith(".") or part in {"__pycache__", "tests"} for part in place.parts)
            if path.is_file() and not hidden and path.suffix != ".pyc":
                yield place.as_posix(), path.read_bytes()
    for name, origin in recipe.copies.items():
        yield name, (project / origin).read_bytes()


def _compiled(sources: Mapping[str, bytes], recipe: Recipe) -> dict[str, bytes]:
    compiled = bytecode.compile_files(sources)
    python_files = sorted(name for name in sources if name.endswith(".py"))
    broken = [name for name in python_files if bytecode.name_of(name) not in compiled]
    if broken:
        raise BundleError(
            f"Bundle {recipe.name} has {broken[0]}, which is not valid in Python {packages.PYTHON_VERSION}, "
            "the version that AWS runs: correct its syntax"
        )
    return compiled


def _packages_key(recipe: Recipe, project: Path, *, with_bytecode: bool) -> str:
    services = "*" if recipe.aws_services is None else ",".join(sorted(recipe.aws_services))
    lock = (project / "uv.lock").read_bytes()
    modules = [archive, packages, *([bytecode] if with_bytecode else [])]
    return _hash(lock, recipe.group, services, *(Path(module.__file__ or "").read_bytes() for module in modules))


def _refuse_without_commands(zip_path: Path, recipe: Recipe) -> None:
    with zipfile.ZipFile(zip_path) as bundled:
        missing = [command for command in recipe.commands if f"bin/{command}" not in bundled.namelist()]
    if missing:
        raise BundleError(
            f"Bundle {recipe.name} is started with {missing[0]}, which its packages do not have: "
            f"add the one that does to the dependency group {recipe.group}"
        )


def _refuse_too_large(bundle: Bundle, recipe: Recipe) -> None:
    for size, limit, what in [
        (bundle.zipped_bytes, recipe.max_zipped_mebibytes, "zipped"),
        (bundle.unpacked_bytes, recipe.max_unpacked_mebibytes, "unpacked"),
    ]:
        if size > limit * _MEBIBYTE:
            raise BundleError(
                f"Bundle {bundle.name} has {size / _MEBIBYTE:.1f} MB {what}, and AWS takes {limit} MB: "
                f"take packages out of the dependency group {recipe.group}"
            )


def _hash(*parts: str | bytes) -> str:
    digest = hashlib.sha256()
    for part in parts:
        content = part.encode() if isinstance(part, str) else part
        digest.update(len(content).to_bytes(8, "big"))
        digest.update(content)
    return digest.hexdigest()[:32]


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
