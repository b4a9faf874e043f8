"""What the rules see of a resource, and what they say about it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Resource:
    """One resource of a stack.

    Attributes:
        urn: Pulumi's name for it, which holds the stack's name.
        type: The provider's type token, such as `aws:sqs/queue:Queue`.
        name: The logical name within the program.
        props: Its properties, under the provider's names.
        protect: Whether Pulumi refuses to delete it.
    """

    urn: str
    type: str
    name: str
    props: Mapping[str, Any]
    protect: bool = False

    @property
    def is_production(self) -> bool:
        """Whether its stack is one that people depend on: `prod`, or one of several such as `prod-eu`."""
        stack = self.urn.split(":")[2]
        return stack == "prod" or stack.startswith("prod-")

    def get(self, *path: str) -> Any:
        """A property, at any depth; None where it or what holds it is left out."""
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
        message: Which rule, and what to do.
    """

    resource: Resource
    message: str


ResourceRule = Callable[[Resource], Iterable[str]]
"""Looks at one resource, and says for each thing that is wrong with it which rule is broken and what to do."""

StackRule = Callable[[Sequence[Resource]], Iterable[Breach]]
"""Looks at a whole stack, for what one resource alone cannot show."""


def of_type(resources: Iterable[Resource], *types: str) -> Iterator[Resource]:
    """The resources of some types."""
    return (resource for resource in resources if resource.type in types)
