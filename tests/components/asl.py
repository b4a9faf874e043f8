"""Evaluate the JSONata of a state machine's states as Step Functions does, without an execution."""

import functools
import itertools
from collections.abc import Iterator, Mapping
from typing import Any

import jlens


def expressions(node: Any) -> Iterator[str]:
    """Yield every JSONata expression below a node of a definition, without its `{% %}`."""
    if isinstance(node, str) and node.startswith("{%"):
        yield node.removeprefix("{%").removesuffix("%}").strip()
    elif isinstance(node, Mapping):
        yield from itertools.chain.from_iterable(map(expressions, node.values()))
    elif isinstance(node, list):
        yield from itertools.chain.from_iterable(map(expressions, node))


def evaluate(node: Any, variables: Mapping[str, Any], *, now: float) -> Any:
    """Return a node of a definition with its expressions evaluated.

    Args:
        node: The node.
        variables: Variables, without `$`.
        now: The current time, in epoch seconds.

    Raises:
        AssertionError: An expression has no value, which is an error in Step Functions.
    """
    if isinstance(node, str) and node.startswith("{%"):
        value = expression(node).evaluate(None, {**variables, "millis": lambda: now * 1000, "random": lambda: 0.5})
        assert value is not None, f"the expression has no value: {node}"
        return value
    if isinstance(node, Mapping):
        return {name: evaluate(value, variables, now=now) for name, value in node.items()}
    if isinstance(node, list):
        return [evaluate(value, variables, now=now) for value in node]
    return node


@functools.cache
def expression(node: str) -> jlens.Expression:
    """Return a compiled expression, without $millis and $random of its own: the caller binds them.

    Raises:
        jlens.JlensError: It is no JSONata.
    """
    return jlens.Expression(node.removeprefix("{%").removesuffix("%}"))


def choose(state: Mapping[str, Any], variables: Mapping[str, Any], *, now: float) -> tuple[str, dict[str, Any]]:
    """Return the next state of a Choice state, and what the choice assigns."""
    for choice in state["Choices"]:
        chosen = evaluate(choice["Condition"], variables, now=now)
        assert isinstance(chosen, bool), f"the condition is not a boolean: {choice['Condition']}"
        if chosen:
            return choice["Next"], evaluate(choice.get("Assign", {}), variables, now=now)
    return state["Default"], {}


def successors(state: Mapping[str, Any]) -> set[str]:
    """Return the states that may directly follow a state."""
    rules = [state, *state.get("Choices", []), *state.get("Catch", [])]
    return {rule[key] for rule in rules for key in ("Next", "Default") if key in rule}
