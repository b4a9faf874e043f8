"""Physical names: one scheme for every resource, so that an operator can tell whose it is."""

from __future__ import annotations

import re
from dataclasses import dataclass

from components.problems import Problem, SettingsError

# Short enough for the longest name made from it, a bucket's: it ends with account and region and has 63 characters.
_STACK = re.compile(r"[a-z][a-z0-9-]{0,14}")


@dataclass(frozen=True, kw_only=True)
class Names:
    """The names of one stack's resources.

    Attributes:
        project: The Pulumi project.
        stack: The stack: lower-case letters, digits and hyphens, at most 15 of them.
    """

    project: str
    stack: str

    def __post_init__(self) -> None:
        if not _STACK.fullmatch(self.stack):
            rule = (
                "it becomes part of names, so it takes a lower-case letter and then at most 14 more, digits or hyphens"
            )
            raise SettingsError(
                [Problem(key="The stack's name", value=self.stack, rule=rule, remedy="Choose one such as dev or prod")]
            )

    def of(self, part: str) -> str:
        """The name of a resource, unique in its account and region."""
        return f"{self.project}-{self.stack}-{part}"

    def runtime(self, part: str) -> str:
        """The name of an AgentCore runtime, which takes letters, digits and underscores only."""
        return self.of(part).replace("-", "_")

    def bucket(self, part: str, *, account_id: str, region: str) -> str:
        """The name of a bucket, which is unique in the world."""
        return f"{self.of(part)}-{account_id}-{region}"
