"""Physical names: one scheme for every resource, so that an operator can tell whose it is."""

from __future__ import annotations

import re
from dataclasses import dataclass

from components.settings.problems import Problem, SettingsError

# A bucket's name has 63 characters at most (S3's rules for names), and of all names it is the one with the most to
# hold: the part, the account and the region, of which us-isof-south-1 has the longest name.
_LONGEST_PREFIX = 63 - len("-reports-123456789012-us-isof-south-1")
# Leaves room for a stack called prod.
_LONGEST_PROJECT = _LONGEST_PREFIX - len("-prod")
_WORD = re.compile(r"[a-z][a-z0-9-]*")


@dataclass(frozen=True, kw_only=True)
class Names:
    """The names of one agent's resources.

    All three go into every name: a lower-case letter, then letters, digits or hyphens, and 26 characters together, the
    hyphens between them included.

    Attributes:
        project: The Pulumi project; 21 characters at most.
        stack: The stack.
        qualifier: Tells this agent's resources from those of other agents in the stack; empty for the first one.
    """

    project: str
    stack: str
    qualifier: str = ""

    def __post_init__(self) -> None:
        words = [
            ("The project's name", self.project, "one such as agent-runs, as 'name' in Pulumi.yaml"),
            ("The stack's name", self.stack, "one such as dev or prod"),
        ]
        if self.qualifier:
            words.append(("The agent's qualifier", self.qualifier, "a short word such as sizer"))
        problems, left, room = [], _LONGEST_PREFIX, _LONGEST_PROJECT
        for what, word, example in words:
            if not _WORD.fullmatch(word) or len(word) > room:
                problems.append(
                    Problem(
                        key=what,
                        value=word,
                        rule="it becomes part of names, so it takes a lower-case letter, then letters, digits or "
                        f"hyphens, and {room} characters are left for it",
                        remedy=f"Choose {example}",
                    )
                )
            # One word that is too long must not be told as a fault of those after it.
            left -= min(len(word), room) + len("-")
            room = max(left, 0)
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
