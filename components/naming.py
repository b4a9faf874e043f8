"""Physical names: one scheme for every resource, so that an operator can tell whose it is."""

from __future__ import annotations

import re
from dataclasses import dataclass

from components.problems import Problem, SettingsError

# Short enough for the longest name made from it, a bucket's: it ends with account and region and has 63 characters.
_LONGEST = 15
_WORD = re.compile(r"[a-z][a-z0-9-]*")


@dataclass(frozen=True, kw_only=True)
class Names:
    """The names of one agent's resources.

    Attributes:
        project: The Pulumi project.
        stack: The stack: lower-case letters, digits and hyphens.
        qualifier: Tells this agent's resources from those of other agents in the stack; empty for the first one. The
            stack's name and "-qualifier" have 15 characters together at most.
    """

    project: str
    stack: str
    qualifier: str = ""

    def __post_init__(self) -> None:
        place = "-".join(filter(None, [self.stack, self.qualifier]))
        words = [("The stack's name", self.stack, "one such as dev or prod")]
        if self.qualifier:
            words.append(("The agent's qualifier", self.qualifier, "a short word such as sizer"))
        problems = [
            Problem(
                key=what,
                value=word,
                rule="it becomes part of names, so it takes a lower-case letter, then letters, digits or hyphens, "
                f"and whatever goes into names has {_LONGEST} characters at most",
                remedy=f"Choose {example}",
            )
            for what, word, example in words
            if not _WORD.fullmatch(word) or len(place) > _LONGEST
        ]
        if problems:
            raise SettingsError(problems)

    @property
    def prefix(self) -> str:
        """What all names begin with."""
        return "-".join(filter(None, [self.project, self.stack, self.qualifier]))

    def of(self, part: str) -> str:
        """The name of a resource, unique in its account and region."""
        return f"{self.prefix}-{part}"

    def runtime(self, part: str) -> str:
        """The name of an AgentCore runtime, which takes letters, digits and underscores only."""
        return self.of(part).replace("-", "_")

    def bucket(self, part: str, *, account_id: str, region: str) -> str:
        """The name of a bucket, which is unique in the world."""
        return f"{self.of(part)}-{account_id}-{region}"
