"""Trust: a service assumes a role only on behalf of the role's own account (no confused deputy)."""

from __future__ import annotations

from collections.abc import Iterator

from . import types
from .documents import statements
from .resource import Resource

# For execution roles of Lambda, AWS documents neither condition key, and a function can only have a role of its own
# account.
_WITHOUT_SOURCE = {"lambda.amazonaws.com"}

_SOURCE = {"aws:sourceaccount", "aws:sourcearn"}


def services(resource: Resource) -> Iterator[str]:
    """Check that a role that trusts a service has conditions on the source."""
    if resource.type != types.IAM_ROLE:
        return
    for statement in statements(resource.get("assumeRolePolicy")):
        trusted = {one for one in statement.principals if one.endswith(".amazonaws.com")} - _WITHOUT_SOURCE
        if statement.allows and trusted and not statement.condition_keys >= _SOURCE:
            yield (
                f"{', '.join(sorted(trusted))} can assume the role on behalf of any account: "
                "add conditions on aws:SourceAccount and aws:SourceArn"
            )
