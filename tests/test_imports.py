"""Who may import whom: read from the syntax of every module, so that imports inside functions count as well."""

from __future__ import annotations

import ast
import functools
from collections.abc import Iterator, Set
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[1]
PARTS = {
    "agent",
    "benchmarks",
    "bootstrap",
    "components",
    "costs",
    "functions",
    "local",
    "package",
    "policies",
    "runs",
    "tests",
}

# What each folder may import of the other parts. What several parts share is declared in the harness, once.
SHARED = {"agent.event_types", "agent.harness.schema", "agent.harness.payload", "agent.harness.telemetry"}
# Of the bundles, only that of the functions contains `costs`.
ALLOWED = {
    "__main__.py": {"components"},
    "components": SHARED | {"costs", "agent.harness.variables", "agent.analyst.variables"},
    "costs": {"agent.harness.schema", "agent.harness.tokens"},
    "functions": SHARED | {"costs"},
    "agent/harness": {"agent.harness"},
    "agent/analyst": {"agent"},
    "package": {"components"},
    "policies": set(),
    "runs": SHARED | {"costs", "agent.harness.journal.visible_text", "agent.harness.tokens"},
    "bootstrap": {"components"},
    "local": PARTS - {"tests"},
}
# Nothing in these folders imports Pulumi, directly or indirectly, so its tests need no engine.
PURE = ("components/settings", "components/bundles", "components/**/definitions", "costs")
ASKS_PULUMI = "components/settings/stack_file.py"


def modules(part: str) -> list[Path]:
    place = PROJECT / part
    return [place] if place.is_file() else sorted(p for p in place.rglob("*.py") if "__pycache__" not in p.parts)


def imports(path: Path, *, lazy: bool = True) -> Set[str]:
    """Return the modules, and the names from them, that a module imports; lazily too, or at import only."""
    return _imports(path)[lazy]


@functools.cache
def _imports(path: Path) -> tuple[Set[str], Set[str]]:
    tree, place = ast.parse(path.read_text(), filename=str(path)), path.relative_to(PROJECT)
    return imported(tree, place, lazy=False), imported(tree, place, lazy=True)


def imported(tree: ast.AST, place: Path, *, lazy: bool) -> set[str]:
    found = set()
    for node in ast.walk(tree) if lazy else _at_import(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            above = place.parent.parts[: len(place.parent.parts) - node.level + 1] if node.level else ()
            base = ".".join([*above, *([node.module] if node.module else [])])
            found |= {base, *(f"{base}.{alias.name}" for alias in node.names)}
    return found


def _at_import(node: ast.AST) -> Iterator[ast.AST]:
    """Yield the nodes that run when a module is imported: not those in functions, nor those for type checkers only."""
    for child in ast.iter_child_nodes(node):
        for_types = isinstance(child, ast.If) and "TYPE_CHECKING" in ast.dump(child.test)
        if not for_types and not isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)):
            yield child
            yield from _at_import(child)


def within(name: str, roots: set[str]) -> bool:
    return any(name == root or name.startswith(f"{root}.") for root in roots)


@functools.cache
def source(name: str) -> Path | None:
    """Return the file of a module of this project."""
    path = PROJECT / f"{name.replace('.', '/')}.py"
    return path if within(name, PARTS) and path.exists() else None


def reached(path: Path, *, lazy: bool) -> dict[str, Path]:
    """Return each name that a module imports, itself or through others, with the file that imports it."""
    found: dict[str, Path] = {}
    seen, waiting = set(), [path]
    while waiting:
        current = waiting.pop()
        for name in imports(current, lazy=lazy):
            found.setdefault(name, current)
            other = source(name)
            if other and other not in seen:
                seen.add(other)
                waiting.append(other)
    return found


@pytest.mark.parametrize("part", sorted(ALLOWED))
def test_a_part_imports_only_the_parts_that_it_may(part: str) -> None:
    own = part.removesuffix(".py").replace("/", ".")
    # `from agent.harness import schema` names the packages on its way.
    passing = {".".join(root.split(".")[:depth]) for root in ALLOWED[part] for depth in range(1, root.count(".") + 1)}

    broken = [
        f"{path.relative_to(PROJECT)} imports {name}"
        for path in modules(part)
        for name in imports(path)
        if within(name, PARTS) and not within(name, {own} | ALLOWED[part]) and name not in passing
    ]

    assert broken == []


def test_the_rules_see_lazy_imports_and_relative_ones() -> None:
    source = "import os\ndef late():\n    import agent.run\n    from agent import hooks\n    from . import sibling\n"
    place = Path("components/imagined.py")

    assert imported(ast.parse(source), place, lazy=False) == {"os"}
    assert imported(ast.parse(source), place, lazy=True) == {
        *("os", "agent.run", "agent", "agent.hooks", "components", "components.sibling")
    }


def test_components_and_what_they_import_of_the_agent_need_neither_boto3_nor_strands() -> None:
    heavy = {"boto3", "botocore", "strands", "bedrock_agentcore"}

    broken = [
        f"{importer.relative_to(PROJECT)} imports {name}"
        for path in [*modules("components"), PROJECT / "__main__.py"]
        for name, importer in reached(path, lazy=False).items()
        if within(name, heavy)
    ]

    assert broken == []


def test_no_pure_folder_imports_pulumi() -> None:
    folders = [folder for pattern in PURE for folder in PROJECT.glob(pattern)]
    pure = [path for folder in folders for path in folder.glob("*.py") if path != PROJECT / ASKS_PULUMI]

    broken = [
        f"{path.relative_to(PROJECT)} imports {name} through {importer.relative_to(PROJECT)}"
        for path in pure
        for name, importer in reached(path, lazy=True).items()
        if within(name, {"pulumi", "pulumi_aws"})
    ]

    assert len(pure) > 20
    assert broken == []


@pytest.mark.slow
def test_no_file_imports_itself_through_others() -> None:
    files = [path for part in PARTS - {"tests"} for path in modules(part)] + [PROJECT / "__main__.py"]
    circles = [
        str(path.relative_to(PROJECT))
        for path in files
        if ".".join(path.relative_to(PROJECT).with_suffix("").parts) in reached(path, lazy=True)
    ]

    assert circles == []


def test_a_folder_has_a_dozen_source_files_at_most() -> None:
    folders = {path.parent for part in PARTS - {"tests"} for path in modules(part)}

    crowded = {str(f.relative_to(PROJECT)): n for f in folders if (n := len(list(f.glob("*.py")))) > 12}

    assert crowded == {}
