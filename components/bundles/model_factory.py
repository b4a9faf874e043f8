"""Checks that a bundle contains the function that the setting `modelFactory` names, without importing anything."""

from __future__ import annotations

import ast
import difflib
import sys
import zipfile
from collections.abc import Collection, Iterator, Sequence

from components.bundles.build import Bundle
from components.bundles.recipes import AGENT
from components.settings.problems import Finding, Problem, SettingsError


def check_model_factory(bundles: Sequence[Bundle], factory: str | None, *, key: str = "modelFactory") -> None:
    """Check that the agent can import its model factory.

    Args:
        bundles: The bundles of an agent and of the functions.
        factory: The setting, as module:function; None for the default.
        key: The setting's name, for the message.

    Raises:
        SettingsError: The agent's bundle has no such module, or the module has no such function.
    """
    if factory is None:
        return
    module, _, function = factory.partition(":")
    (bundle,) = (bundle for bundle in bundles if bundle.name == AGENT.name)
    with zipfile.ZipFile(bundle.path) as bundled:
        finding = _find(bundled, module, function)
    if finding:
        raise SettingsError([Problem(key=key, value=factory, rule=finding.rule, remedy=finding.remedy)])


def _find(bundled: zipfile.ZipFile, module: str, function: str) -> Finding | None:
    if module.partition(".")[0] in sys.stdlib_module_names:
        return None
    files = set(bundled.namelist())
    stem = module.replace(".", "/")
    source = next((name for name in (f"{stem}/__init__.py", f"{stem}.py") if name in files), None)
    if source is None:
        if any(name.startswith(f"{stem}.") and name.endswith(".so") for name in files):
            return None  # compiled: only an import can show its functions
        known = [name.removesuffix(".py").replace("/", ".") for name in files if name.endswith(".py")]
        return Finding(
            rule=f"the agent's bundle has no module {module}",
            remedy=_nearest(module, known)
            or "Add its file to the agent's folders, or its package to the agent's group",
        )
    names = list(_names(ast.parse(bundled.read(source)).body))
    # With these two, only an import can show a module's names.
    if {function, "*", "__getattr__"} & set(names):
        return None
    return Finding(
        rule=f"module {module} has no function {function}",
        remedy=_nearest(function, names) or f"Add it to {source}, or name another function",
    )


def _names(body: Sequence[ast.stmt]) -> Iterator[str]:
    """Yield the names that statements define in their module, also below `if`, `try` and `with`."""
    for statement in body:
        if isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            yield statement.name
        elif isinstance(statement, (ast.Import, ast.ImportFrom)):
            yield from (alias.asname or alias.name.partition(".")[0] for alias in statement.names)
        elif isinstance(statement, (ast.Assign, ast.AnnAssign)):
            yield from (node.id for node in ast.walk(statement) if isinstance(node, ast.Name) and _is_stored(node))
        else:
            for part in ("body", "orelse", "finalbody"):
                yield from _names(getattr(statement, part, []))
            for handler in getattr(statement, "handlers", []):
                yield from _names(handler.body)


def _is_stored(node: ast.Name) -> bool:
    return isinstance(node.ctx, ast.Store)


def _nearest(name: str, known: Collection[str]) -> str:
    near = difflib.get_close_matches(name, known, n=1, cutoff=0.8)
    return f"Did you mean {near[0]}?" if near else ""
