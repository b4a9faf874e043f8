from __future__ import annotations

import ast
import dataclasses
import os
import stat
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from uv import find_uv_bin

from components import PROJECT
from components.bundles import bytecode, packages
from components.bundles.build import Bundle, build
from components.bundles.packages import BundleError
from components.bundles.recipes import AGENT, FUNCTIONS, Recipe, agent_recipe

RECIPE = Recipe(
    name="small",
    group="functions",
    folders=["service"],
    copies={"main.py": "service/__main__.py"},
    max_unpacked_mebibytes=1,
)


def silent(_: str) -> None:
    pass


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Return a project with a folder of sources, and with files that must not get into a bundle."""
    for name, content in {
        "uv.lock": "version = 1",
        "service/__init__.py": "",
        "service/__main__.py": "print('main')",
        "service/prompts/system.md": "Be brief.",
        "service/__pycache__/old.cpython-313.pyc": "bytecode",
        "service/tests/test_service.py": "a test",
        "service/.hidden": "a secret",
    }.items():
        path = tmp_path / "project" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    return tmp_path / "project"


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    return tmp_path / "cache"


def installs(files: Mapping[str, bytes]) -> Callable[[str, Path, Path], None]:
    """Return an installer that writes these files."""

    def install(_group: str, _project: Path, folder: Path) -> None:
        for name, content in files.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)

    return install


def never(_group: str, _project: Path, _folder: Path) -> None:
    pytest.fail("The packages were installed once more")


PACKAGE = installs({"library/_core.so": b"machine code", "library/code.py": b"library = 1"})


def read(built: Bundle) -> dict[str, bytes]:
    with zipfile.ZipFile(built.path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def test_a_bundle_contains_packages_and_sources_and_nothing_else(project: Path, cache: Path) -> None:
    built = build(RECIPE, progress=silent, project=project, cache=cache, install=PACKAGE)

    assert set(read(built)) == {
        "library/_core.so",
        "library/code.py",
        "main.py",
        "service/__init__.py",
        "service/__main__.py",
        "service/prompts/system.md",
    }
    assert read(built)["main.py"] == b"print('main')"
    assert built.files == 6


def test_modes_and_times_do_not_depend_on_the_machine(project: Path, cache: Path) -> None:
    (project / "service/__main__.py").chmod(0o600)

    built = build(RECIPE, progress=silent, project=project, cache=cache, install=PACKAGE)

    with zipfile.ZipFile(built.path) as archive:
        entries = {entry.filename: entry for entry in archive.infolist()}
    assert {name: oct(stat.S_IMODE(entry.external_attr >> 16)) for name, entry in entries.items()} == {
        "library/_core.so": "0o755",
        "library/code.py": "0o644",
        "main.py": "0o644",
        "service/__init__.py": "0o644",
        "service/__main__.py": "0o644",
        "service/prompts/system.md": "0o644",
    }
    assert {entry.date_time for entry in entries.values()} == {(1980, 1, 1, 0, 0, 0)}
    assert {entry.create_system for entry in entries.values()} == {3}


def test_a_second_build_comes_from_the_cache(project: Path, cache: Path) -> None:
    first = build(RECIPE, progress=silent, project=project, cache=cache, install=PACKAGE)

    assert build(RECIPE, progress=pytest.fail, project=project, cache=cache, install=never) == first


def test_changed_sources_give_another_digest_without_installing_again(project: Path, cache: Path) -> None:
    first = build(RECIPE, progress=silent, project=project, cache=cache, install=PACKAGE)
    (project / "service/prompts/system.md").write_text("Be thorough.")

    second = build(RECIPE, progress=pytest.fail, project=project, cache=cache, install=never)

    assert second.digest != first.digest
    assert read(second)["service/prompts/system.md"] == b"Be thorough."


def test_a_changed_lock_file_installs_again_and_the_digest_changes_only_with_the_files(
    project: Path, cache: Path
) -> None:
    first = build(RECIPE, progress=silent, project=project, cache=cache, install=PACKAGE)
    (project / "uv.lock").write_text("version = 2")
    same = build(RECIPE, progress=silent, project=project, cache=cache, install=PACKAGE)
    (project / "uv.lock").write_text("version = 3")
    other = build(RECIPE, progress=silent, project=project, cache=cache, install=installs({"library.py": b""}))

    assert same.path != first.path
    assert same.digest == first.digest
    assert other.digest != first.digest


def test_the_cache_keeps_only_the_last_bundles(project: Path, cache: Path) -> None:
    for number in range(7):
        (project / "service/__init__.py").write_text(f"number = {number}")
        last = build(RECIPE, progress=silent, project=project, cache=cache, install=PACKAGE)

    assert last.path.exists()
    assert len(list(cache.glob("small-*.json"))) == 4
    assert len(list(cache.iterdir())) == 4 + 4 + 1, "bundles, what is known of them, packages"


def test_what_a_killed_build_has_left_is_removed_after_a_day(project: Path, cache: Path) -> None:
    for age in ("old", "new"):
        (cache / f"install-{age}" / "library").mkdir(parents=True)
        for name in (f"install-{age}.txt", f"draft-{age}"):
            (cache / name).touch()
    for path in cache.glob("*old*"):
        os.utime(path, (0, 0))
    build(RECIPE, progress=silent, project=project, cache=cache, install=PACKAGE)

    left = {path.name for path in cache.iterdir() if path.name.startswith(("install-", "draft-"))}
    assert left == {"install-new", "install-new.txt", "draft-new"}


def test_two_builds_at_the_same_time_both_succeed(project: Path, cache: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        built = set(
            pool.map(lambda _: build(RECIPE, progress=silent, project=project, cache=cache, install=PACKAGE), range(24))
        )

    (only,) = built
    assert len(read(only)) == only.files
    assert {path.suffix for path in cache.iterdir()} == {".zip", ".json"}, "drafts were left behind"


def test_a_failed_build_leaves_no_bundle_in_the_cache(project: Path, cache: Path) -> None:
    def fails(*_: object) -> None:
        raise BundleError("no network")

    with pytest.raises(BundleError):
        build(RECIPE, progress=silent, project=project, cache=cache, install=fails)

    assert list(cache.iterdir()) == []


LONG = b"/home/somebody/" + b"folder/" * 20 + b".venv/bin/python"
SHELL = b"#!/bin/sh\n'''exec' %s \"$0\" \"$@\"\n' '''\n"


@pytest.mark.parametrize(
    "launcher",
    [
        b"#!/home/somebody/.venv/bin/python\n",
        b"#!/usr/bin/env python3.13\n",
        b"#!/usr/bin/python3 -I\n",
        b"#!python\n",
        SHELL % "'/home/somebody/Mein Ordner für Agenten/.venv/bin/python'".encode(),
        SHELL % b'"/home/some body/.venv/bin/python3"',
        SHELL % LONG,
        SHELL % b'"$(dirname -- "$(realpath -- "$0")")"/\'python\'',
    ],
)
def test_scripts_find_the_interpreter_of_the_machine_that_runs_them(
    project: Path, cache: Path, launcher: bytes
) -> None:
    script = launcher + b"import library\n"

    built = build(RECIPE, progress=silent, project=project, cache=cache, install=installs({"bin/tool": script}))

    assert read(built)["bin/tool"] == b"#!/usr/bin/env python3\nimport library\n"


@pytest.mark.parametrize("folder", ["agents", "Mein Ordner für Agenten", "folder/" * 20])
def test_the_installer_s_launchers_are_portable_in_each_folder(tmp_path: Path, folder: str) -> None:
    wheel = tmp_path / "tool-1-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr("tool.py", "def main(): print('tool')")
        archive.writestr("tool-1.data/scripts/script.py", "#!python\nprint('script')\n")
        archive.writestr("tool-1.dist-info/METADATA", "Metadata-Version: 2.1\nName: tool\nVersion: 1\n")
        archive.writestr("tool-1.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        archive.writestr("tool-1.dist-info/entry_points.txt", "[console_scripts]\ntool = tool:main\n")
        archive.writestr("tool-1.dist-info/RECORD", "")
    environment, installed = tmp_path / folder / ".venv", tmp_path / "installed"
    uv = (find_uv_bin(), "--offline", "--quiet")
    subprocess.run([*uv, "venv", "--python", sys.executable, environment], check=True)

    subprocess.run(
        [*uv, "pip", "install", "--python", environment / "bin/python", "--target", installed, wheel], check=True
    )

    scripts = {name: text for name, text in packages.portable_files(installed, None) if name.startswith("bin/")}
    assert {name: text.split(b"\n")[0] for name, text in scripts.items()} == {
        "bin/tool": b"#!/usr/bin/env python3",
        "bin/script.py": b"#!/usr/bin/env python3",
    }
    assert scripts["bin/script.py"].endswith(b"python3\nprint('script')\n")
    for script in scripts.values():
        assert b"exec" not in script
        compile(script, "script", "exec")


@pytest.mark.parametrize("first", [b"#!/opt/ruby", b"#!/bin/sh", b"#!/usr/bin/env bash", b"#!/opt/python/ruby"])
def test_a_script_for_another_interpreter_is_left_out(project: Path, cache: Path, first: bytes) -> None:
    install = installs({"bin/tool": first + b"\necho\n", "bin/program": b"\x7fELF"})

    names = set(read(build(RECIPE, progress=silent, project=project, cache=cache, install=install)))

    assert {name for name in names if name.startswith("bin/")} == {"bin/program"}


def test_a_bundle_that_is_too_large_for_aws_is_refused(project: Path, cache: Path) -> None:
    large = installs({"library.py": b"x" * (2 * 1024 * 1024)})

    with pytest.raises(BundleError, match=r"small has 2\.0 MB unpacked, and AWS accepts 1 MB: remove packages"):
        build(RECIPE, progress=silent, project=project, cache=cache, install=large)


@pytest.fixture(scope="session")
def python() -> str:
    """Return this machine's interpreter of AWS's Python version."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("UV_PYTHON_DOWNLOADS", "never")
        try:
            return bytecode.find_python()
        except BundleError:
            pytest.skip(f"This machine has no Python {packages.PYTHON_VERSION}: 'uv python install' brings it")


@pytest.mark.usefixtures("python")
@pytest.mark.slow
def test_bytecode_of_every_python_file_is_in_the_bundle(project: Path, cache: Path) -> None:
    built = build(RECIPE, progress=silent, project=project, cache=cache, install=PACKAGE, with_bytecode=True)

    assert {name for name in read(built) if name.endswith(".pyc")} == {
        "__pycache__/main.cpython-313.pyc",
        "library/__pycache__/code.cpython-313.pyc",
        "service/__pycache__/__init__.cpython-313.pyc",
        "service/__pycache__/__main__.cpython-313.pyc",
    }
    assert built.files == 10


@pytest.mark.slow
def test_bytecode_does_not_depend_on_the_time_of_its_source_or_on_the_build_folder(
    project: Path, cache: Path, python: str
) -> None:
    built = build(RECIPE, progress=silent, project=project, cache=cache, install=PACKAGE, with_bytecode=True)

    compiled = read(built)["service/__pycache__/__main__.cpython-313.pyc"]
    # PEP 552: after the magic number, bit 0 of the flags stands for "with a hash", bit 1 for "check the source".
    assert int.from_bytes(compiled[4:8], "little") == 0b01
    program = "import marshal, sys; print(marshal.loads(sys.stdin.buffer.read()[16:]).co_filename)"
    done = subprocess.run([python, "-c", program], input=compiled, capture_output=True, check=True)
    assert done.stdout.decode().strip() == "service/__main__.py"


@pytest.mark.usefixtures("python")
@pytest.mark.slow
def test_the_digest_is_the_same_with_and_without_bytecode(project: Path, cache: Path) -> None:
    without = build(RECIPE, progress=silent, project=project, cache=cache, install=PACKAGE)
    compiled = build(RECIPE, progress=silent, project=project, cache=cache, install=PACKAGE, with_bytecode=True)

    assert compiled.digest == without.digest
    assert compiled.path != without.path, "the bundle without bytecode was taken from the cache"
    assert build(RECIPE, progress=pytest.fail, project=project, cache=cache, install=never) == without


def test_the_digest_depends_on_the_kind_of_bytecode(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = build(RECIPE, progress=silent, project=project, cache=tmp_path / "1", install=PACKAGE)
    monkeypatch.setattr(bytecode, "KIND", "cpython-314 unchecked-hash")

    assert build(RECIPE, progress=silent, project=project, cache=tmp_path / "2", install=PACKAGE).digest != first.digest


@pytest.mark.usefixtures("python")
@pytest.mark.slow
def test_a_package_may_contain_a_file_for_another_python_version(project: Path, cache: Path) -> None:
    install = installs({"library/old.py": b"print 1", "library/new.py": b""})

    built = build(RECIPE, progress=silent, project=project, cache=cache, install=install, with_bytecode=True)

    assert {name for name in read(built) if name.startswith("library/")} == {
        "library/old.py",
        "library/new.py",
        "library/__pycache__/new.cpython-313.pyc",
    }


@pytest.mark.usefixtures("python")
@pytest.mark.slow
def test_a_source_that_aws_could_not_run_is_refused(project: Path, cache: Path) -> None:
    (project / "service/run.py").write_text("print 1")

    with pytest.raises(BundleError, match=r"service/run\.py, which is not valid in Python 3\.13.*correct its syntax"):
        build(RECIPE, progress=silent, project=project, cache=cache, install=PACKAGE, with_bytecode=True)


def test_without_an_interpreter_the_error_names_the_command_that_installs_one(
    project: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The tests themselves may run on AWS's version, so ask for one that nobody has.
    monkeypatch.setattr(bytecode, "PYTHON_VERSION", "3.99")

    with pytest.raises(BundleError, match=r"has no such interpreter: run 'uv python install 3\.99'"):
        build(RECIPE, progress=silent, project=project, cache=cache, install=PACKAGE, with_bytecode=True)

    assert list(cache.iterdir()) == [], "something was left that looks like a bundle"


def test_a_source_that_hides_a_package_is_refused(project: Path, cache: Path) -> None:
    with pytest.raises(BundleError, match=r"service/__init__\.py is in the project and also in a package"):
        build(
            RECIPE,
            progress=silent,
            project=project,
            cache=cache,
            install=installs({"service/__init__.py": b""}),
        )


@pytest.mark.parametrize(
    ("changes", "place"),
    [({"folders": ["sizer"]}, "sizer"), ({"copies": {"main.py": "service/run.py"}}, "service/run.py")],
)
def test_a_missing_folder_or_file_is_refused(project: Path, cache: Path, changes: dict[str, Any], place: str) -> None:
    with pytest.raises(BundleError, match=f"small needs {place}, which is not in .*correct the name"):
        build(dataclasses.replace(RECIPE, **changes), progress=silent, project=project, cache=cache, install=PACKAGE)


def test_an_agent_can_have_its_own_folder_and_its_own_packages(project: Path, cache: Path) -> None:
    asked = []

    def install(group: str, _project: Path, folder: Path) -> None:
        asked.append(group)
        installs({"bin/opentelemetry-instrument": b"#!python\n"})(group, _project, folder)

    recipe = agent_recipe(folders=["service"], entry="service/__main__.py", group="sizer")
    built = build(recipe, progress=silent, project=project, cache=cache, install=install)

    assert read(built)["main.py"] == b"print('main')"
    assert asked == ["sizer"]


def test_an_agent_without_its_start_command_is_refused(project: Path, cache: Path) -> None:
    recipe = agent_recipe(folders=["service"], entry="service/__main__.py", group="sizer")

    with pytest.raises(BundleError, match=r"command opentelemetry-instrument.*to the dependency group sizer"):
        build(recipe, progress=silent, project=project, cache=cache, install=PACKAGE)


def test_without_uv_the_error_names_the_command_that_installs_it(
    project: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "uv", None)

    with pytest.raises(BundleError, match="is missing: run 'make setup'"):
        build(RECIPE, progress=silent, project=project, cache=cache)


def test_without_a_network_the_error_names_the_failed_command(
    cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UV_OFFLINE", "1")
    monkeypatch.setenv("UV_CACHE_DIR", str(tmp_path / "empty"))

    with pytest.raises(BundleError, match=r"(?s)'uv pip sync' failed:.*check that this machine can reach"):
        build(FUNCTIONS, progress=silent, cache=cache)


def test_a_bundle_has_the_locked_versions_even_if_an_override_allows_newer_ones(project: Path, cache: Path) -> None:
    pyproject = project / "pyproject.toml"
    pinned = '[project]\nname = "small"\nversion = "1"\nrequires-python = ">=3.11"\n'
    pinned += '[dependency-groups]\nfunctions = ["six==1.16.0"]\n'
    pyproject.write_text(pinned)
    (project / "uv.lock").unlink()
    subprocess.run([find_uv_bin(), "lock", "--quiet"], cwd=project, check=True)
    pyproject.write_text(pinned + '[tool.uv]\noverride-dependencies = ["six>=1.16.0"]\n')

    built = build(RECIPE, progress=silent, project=project, cache=cache)

    assert "six-1.16.0.dist-info/METADATA" in zipfile.ZipFile(built.path).namelist()


@pytest.fixture(scope="module")
def functions_zip() -> Bundle:
    return build(FUNCTIONS, progress=silent)


@pytest.fixture(scope="module")
def agent_zip() -> Bundle:
    return build(AGENT, progress=silent)


@pytest.mark.slow
def test_building_the_functions_twice_gives_the_same_bytes(functions_zip: Bundle, cache: Path) -> None:
    again = build(FUNCTIONS, progress=silent, cache=cache)

    assert again.path.read_bytes() == functions_zip.path.read_bytes()
    assert again.digest == functions_zip.digest


@pytest.mark.slow
def test_the_functions_start_without_any_other_package(functions_zip: Bundle, tmp_path: Path) -> None:
    with zipfile.ZipFile(functions_zip.path) as archive:
        archive.extractall(tmp_path)
    program = (
        f"import sys; sys.path.insert(0, {str(tmp_path)!r})\n"
        "import functions.start, functions.stop\n"
        "assert callable(functions.start.handler) and callable(functions.stop.handler)\n"
    )

    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", program],
        # Outside Lambda, X-Ray's SDK would make a client of its own, whose description is not in the bundle.
        env={"AWS_DEFAULT_REGION": "eu-west-1", "LAMBDA_TASK_ROOT": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert (done.returncode, done.stderr) == (0, "")


def test_the_functions_call_only_services_that_are_in_their_bundle() -> None:
    called = {
        call.args[0].value
        for path in (PROJECT / "functions").rglob("*.py")
        for call in ast.walk(ast.parse(path.read_text()))
        if isinstance(call, ast.Call)
        and isinstance(call.func, ast.Attribute)
        and call.func.attr in {"client", "resource"}
        and call.args
        and isinstance(call.args[0], ast.Constant)
    }

    assert called == {"bedrock-agentcore", "dynamodb"}
    assert called == FUNCTIONS.aws_services


def test_the_agent_s_bundle_has_its_entry_point_its_prompts_and_arm64_code(agent_zip: Bundle) -> None:
    with zipfile.ZipFile(agent_zip.path) as archive:
        names = set(archive.namelist())
        machines = {archive.read(name)[18] for name in names if name.endswith(".so")}
        scripts = {archive.read(name).split(b"\n")[0] for name in names if name.startswith("bin/")}

    assert {"main.py", "agent/harness/app.py", "strands/__init__.py", "bedrock_agentcore/__init__.py"} <= names
    assert {path.relative_to(PROJECT).as_posix() for path in _files("agent/analyst/prompts")} <= names
    assert machines == {0xB7}, "ELF's number for AArch64"
    assert scripts == {b"#!/usr/bin/env python3"}
    assert not {name for name in names if "__pycache__" in name or name.startswith("agent/tests")}


def test_both_bundles_are_far_below_the_size_limits_of_aws(functions_zip: Bundle, agent_zip: Bundle) -> None:
    assert functions_zip.zipped_bytes < 10 * 1024 * 1024
    assert agent_zip.zipped_bytes < 100 * 1024 * 1024


def test_packages_are_for_the_python_that_the_components_declare() -> None:
    runtimes = (
        (PROJECT / "components/runtime/agent_runtime.py").read_text(),
        (PROJECT / "components/runtime/sessions.py").read_text(),
    )

    assert f'"PYTHON_{packages.PYTHON_VERSION.replace(".", "_")}"' in runtimes[0]
    assert f'"python{packages.PYTHON_VERSION}"' in runtimes[1]


def _files(folder: str) -> Iterator[Path]:
    return (path for path in (PROJECT / folder).rglob("*") if path.is_file() and "__pycache__" not in path.parts)
