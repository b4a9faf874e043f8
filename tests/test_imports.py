"""Who may import whom: read from the syntax of every module, so that imports inside functions count as well."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[1]
PARTS = {"agent", "bootstrap", "components", "functions", "local", "package", "policies", "runs", "tests"}

# What each part may import of the others: the journal's schema is what they have in common, and local may import all.
ALLOWED = {
    "__main__.py": {"components"},
    "components": {"agent.journal"},
    "functions": {"agent.journal"},
    "agent": set(),
    "runs": {"agent.journal"},
    "package": {"components"},
    "policies": set(),
    "bootstrap": {"components"},
    "local": PARTS - {"tests"},
}
# Pure: whoever reads or tests them needs neither Pulumi nor AWS.
PURE = [
    *("archive", "bundle", "bundle_cache", "bytecode", "cancellation_definition", "checks", "dashboard"),
    *("event_types", "history", "journal_states", "log_queries", "metrics", "naming", "packages", "problems"),
    *("schedule_watch_definition", "section", "settings", "workflow_definition", "workflow_end", "workflow_start"),
    *("workflow_watch",),
]


def modules(part: str) -> list[Path]:
    place = PROJECT / part
    return [place] if place.is_file() else sorted(p for p in place.rglob("*.py") if "__pycache__" not in p.parts)


def imports(path: Path, *, lazy: bool = True) -> set[str]:
    """Every module that a module imports, and every name that it imports from one; lazily too, or at import only."""
    return imported(ast.parse(path.read_text(), filename=str(path)), path.relative_to(PROJECT), lazy=lazy)


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
    """The nodes that run when a module is imported: not those in functions, nor those for type checkers only."""
    for child in ast.iter_child_nodes(node):
        for_types = isinstance(child, ast.If) and "TYPE_CHECKING" in ast.dump(child.test)
        if not for_types and not isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)):
            yield child
            yield from _at_import(child)


def within(name: str, roots: set[str]) -> bool:
    return any(name == root or name.startswith(f"{root}.") for root in roots)


@pytest.mark.parametrize("part", sorted(ALLOWED))
def test_a_part_imports_only_the_parts_that_it_may(part: str) -> None:
    own = part.removesuffix(".py")
    # `from agent import journal` names the package on its way.
    passing = {root.rpartition(".")[0] for root in ALLOWED[part]} - {""}

    broken = [
        f"{path.relative_to(PROJECT)} imports {name}"
        for path in modules(part)
        for name in imports(path)
        if within(name, PARTS - {own}) and not within(name, ALLOWED[part]) and name not in passing
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
        f"{path.relative_to(PROJECT)} imports {name}"
        for path in [*modules("components"), PROJECT / "__main__.py", PROJECT / "agent/journal.py"]
        for name in imports(path, lazy=False)
        if within(name, heavy)
    ]

    assert broken == []


@pytest.mark.parametrize("name", PURE)
def test_what_is_pure_does_not_import_pulumi(name: str) -> None:
    def reached(path: Path, seen: set[Path]) -> Iterator[str]:
        for imported in imports(path):
            yield imported
            other = PROJECT / f"{imported.replace('.', '/')}.py"
            if imported.startswith("components.") and other.exists() and other not in seen:
                yield from reached(other, seen | {other})

    assert [
        i for i in reached(PROJECT / "components" / f"{name}.py", set()) if within(i, {"pulumi", "pulumi_aws"})
    ] == []
