"""Trust: a service takes on a role only on behalf of the account that the role is in (the confused deputy)."""

from __future__ import annotations

from collections.abc import Iterator

from . import types
from .documents import statements
from .resource import Resource

# Where Lambda takes on an execution role, AWS documents neither condition key, and a function can only be given a role
# of its own account.
_WITHOUT_SOURCE = {"lambda.amazonaws.com"}

_SOURCE = {"aws:sourceaccount", "aws:sourcearn"}


def services(resource: Resource) -> Iterator[str]:
    """A role that trusts a service says on whose behalf."""
    if resource.type != types.IAM_ROLE:
        return
    for statement in statements(resource.get("assumeRolePolicy")):
        trusted = {one for one in statement.principals if one.endswith(".amazonaws.com")} - _WITHOUT_SOURCE
        if statement.allows and trusted and not statement.condition_keys >= _SOURCE:
            yield (
                f"{', '.join(sorted(trusted))} takes on the role for any account that asks for it: "
                "add conditions on aws:SourceAccount and aws:SourceArn"
            )
