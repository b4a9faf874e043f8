"""Evaluates a state machine's JSONata the way Step Functions does, without running it."""

import functools
import itertools
from collections.abc import Iterator, Mapping
from typing import Any

import jsonata


def expressions(node: Any) -> Iterator[str]:
    """Every JSONata expression below a node of a definition, without its `{% %}`."""
    if isinstance(node, str) and node.startswith("{%"):
        yield node.removeprefix("{%").removesuffix("%}").strip()
    elif isinstance(node, Mapping):
        yield from itertools.chain.from_iterable(map(expressions, node.values()))
    elif isinstance(node, list):
        yield from itertools.chain.from_iterable(map(expressions, node))


@functools.cache
def _compiled(node: str) -> jsonata.Jsonata:
    return jsonata.Jsonata(node.removeprefix("{%").removesuffix("%}"))


def evaluate(node: Any, variables: Mapping[str, Any], *, now: float) -> Any:
    """A node of a definition with its expressions evaluated; times are epoch seconds.

    Raises:
        AssertionError: An expression gives nothing, which Step Functions treats as an error.
    """
    if isinstance(node, str) and node.startswith("{%"):
        expression = _compiled(node)
        for name, value in variables.items():
            expression.assign(name, value)
        expression.register_lambda("millis", lambda: now * 1000)
        expression.register_lambda("random", lambda: 0.5)
        result = expression.evaluate(None)
        assert result is not None, f"the expression gives nothing: {node}"
        return result
    if isinstance(node, Mapping):
        return {name: evaluate(value, variables, now=now) for name, value in node.items()}
    if isinstance(node, list):
        return [evaluate(value, variables, now=now) for value in node]
    return node


def choose(state: Mapping[str, Any], variables: Mapping[str, Any], *, now: float) -> tuple[str, dict[str, Any]]:
    """Where a Choice state goes, and what it assigns on the way."""
    for choice in state["Choices"]:
        chosen = evaluate(choice["Condition"], variables, now=now)
        assert isinstance(chosen, bool), f"Step Functions wants a boolean of {choice['Condition']}"
        if chosen:
            return choice["Next"], evaluate(choice.get("Assign", {}), variables, now=now)
    return state["Default"], {}


def successors(state: Mapping[str, Any]) -> set[str]:
    """The states that may come directly after a state."""
    rules = [state, *state.get("Choices", []), *state.get("Catch", [])]
    return {rule[key] for rule in rules for key in ("Next", "Default") if key in rule}
