"""Builds the zips that Lambda and AgentCore run: reproducibly, from the versions in `uv.lock`, and only when needed.

`python -m components.bundles.build` builds all of them.

A bundle contains the packages of one dependency group and the project's own sources. Modes, times and order are fixed,
and paths of the build machine are removed, so that two builds have the same bytes. Compression differs between releases
of zlib, and bytecode between patch releases of Python. A bundle is therefore identified by the digest of its other
files, not by that of the zip.
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
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from components import PROJECT
from components.bundles import bytecode, packages
from components.bundles import zips as archive
from components.bundles.cache import INSTALLATION, atomic, forget_old
from components.bundles.packages import BundleError
from components.bundles.recipes import AGENT, FUNCTIONS, Recipe

CACHE = PROJECT / ".cache" / "bundles"

# With this value of the environment variable, a deployment builds bundles without bytecode. Never set it for a
# deployment to AWS: the bundle's key is the same, so a later deployment would not add the bytecode.
BYTECODE_VARIABLE = "BUNDLE_BYTECODE"
OMIT_BYTECODE = "omit"

_MEBIBYTE = 1024 * 1024


@dataclass(frozen=True, kw_only=True)
class Bundle:
    """A zip that has been built.

    Attributes:
        name: The bundle's name.
        path: The zip's path.
        digest: Digest of the files except bytecode: equal sources have equal digests on every machine.
        zipped_bytes: Size of the zip.
        unpacked_bytes: Size of all files together.
        files: Number of files.
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
    """Return a bundle from the cache, or build it.

    Args:
        recipe: What the bundle consists of.
        progress: Receives a message before each slow step.
        with_bytecode: Whether every Python file is compiled, which needs an interpreter of AWS's Python version. A
            bundle without bytecode also runs, but every cold start compiles all imports.
        project: The folder of `pyproject.toml` and `uv.lock`.
        cache: The folder of built bundles. Several processes may use it at once.
        install: Installs the packages of a group of a project into a folder.

    Raises:
        BundleError: The packages cannot be installed, there is no interpreter for the bytecode, or the bundle exceeds a
            limit of AWS.
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
        with tempfile.TemporaryDirectory(dir=cache, prefix=INSTALLATION) as folder, atomic(packages_zip) as draft:
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
            raise BundleError(f"{error} is in the project and also in a package: rename the project's file") from None
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
            raise BundleError(f"Bundle {recipe.name} needs {place}, which is not in {project}: correct the name")


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
            f"Bundle {recipe.name} contains {broken[0]}, which is not valid in Python {packages.PYTHON_VERSION}, "
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
            f"The command {missing[0]} starts bundle {recipe.name}, but none of its packages has this command: "
            f"add the package with the command to the dependency group {recipe.group}"
        )


def _refuse_too_large(bundle: Bundle, recipe: Recipe) -> None:
    for size, limit, what in [
        (bundle.zipped_bytes, recipe.max_zipped_mebibytes, "zipped"),
        (bundle.unpacked_bytes, recipe.max_unpacked_mebibytes, "unpacked"),
    ]:
        if size > limit * _MEBIBYTE:
            raise BundleError(
                f"Bundle {bundle.name} has {size / _MEBIBYTE:.1f} MB {what}, and AWS accepts {limit} MB: "
                f"remove packages from the dependency group {recipe.group}"
            )


def _hash(*parts: str | bytes) -> str:
    digest = hashlib.sha256()
    for part in parts:
        content = part.encode() if isinstance(part, str) else part
        digest.update(len(content).to_bytes(8, "big"))
        digest.update(content)
    return digest.hexdigest()[:32]


def main() -> None:
    """Build every bundle and print its size."""
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
