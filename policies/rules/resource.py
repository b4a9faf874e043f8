"""The input of the rules, a resource, and their output, a breach."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Resource:
    """One resource of a stack.

    Attributes:
        urn: Pulumi's URN, which contains the stack's name.
        type: The provider's type token, such as `aws:sqs/queue:Queue`.
        name: The logical name in the program.
        props: The properties by the provider's names.
        protect: Whether Pulumi refuses to delete it.
    """

    urn: str
    type: str
    name: str
    props: Mapping[str, Any]
    protect: bool = False

    @property
    def is_production(self) -> bool:
        """Whether the stack is a production stack: `prod`, or one of several such as `prod-eu`."""
        stack = self.urn.split(":")[2]
        return stack == "prod" or stack.startswith("prod-")

    def get(self, *path: str) -> Any:
        """Return a property at any depth; None if it or one of its parents is missing."""
        value: Any = self.props
        for key in path:
            if value is None:
                return None
            value = value.get(key)
        return value


@dataclass(frozen=True, kw_only=True)
class Breach:
    """A rule that a resource of a stack breaks.

    Attributes:
        resource: The resource.
        message: The broken rule and the remedy.
    """

    resource: Resource
    message: str


ResourceRule = Callable[[Resource], Iterable[str]]
"""Checks one resource; yields a message with the broken rule and the remedy for each problem."""

StackRule = Callable[[Sequence[Resource]], Iterable[Breach]]
"""Checks a whole stack, for rules about several resources together."""


def of_type(resources: Iterable[Resource], *types: str) -> Iterator[Resource]:
    """Yield the resources of some types."""
    return (resource for resource in resources if resource.type in types)
