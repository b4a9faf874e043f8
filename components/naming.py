"""Physical names: one scheme for every resource, so that its name shows which agent it belongs to."""

from __future__ import annotations

import re
from dataclasses import dataclass

from components.settings.problems import Problem, SettingsError

# A bucket's name has at most 63 characters (S3's naming rules). It is the longest of all names, because it contains the
# account and the region; us-isof-south-1 is the region with the longest name.
_LONGEST_PREFIX = 63 - len("-reports-123456789012-us-isof-south-1")
# Leaves room for a stack called prod.
_LONGEST_PROJECT = _LONGEST_PREFIX - len("-prod")
_WORD = re.compile(r"[a-z][a-z0-9-]*")


class NamesError(SettingsError):
    """The names of the project, the stack and the agent cannot become resource names."""

    subject = "The stack's names have"


@dataclass(frozen=True, kw_only=True)
class Names:
    """The names of one agent's resources.

    Every name contains all three attributes. Each is a lower-case letter followed by lower-case letters, digits
    or hyphens. Together, with a hyphen between them, they have at most 26 characters.

    Attributes:
        project: The Pulumi project; at most 21 characters.
        stack: The stack.
        qualifier: Distinguishes this agent's resources from those of the stack's other agents; empty for the first one.
    """

    project: str
    stack: str
    qualifier: str = ""

    def __post_init__(self) -> None:
        words = [
            ("The project's name", self.project, "a name such as agent-runs, as 'name' in Pulumi.yaml"),
            ("The stack's name", self.stack, "a name such as dev or prod"),
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
                        rule="resource names contain it, so it must be a lower-case letter followed by lower-case "
                        f"letters, digits or hyphens, {room} characters at most",
                        remedy=f"Choose {example}",
                    )
                )
            # A word that is too long must not cause problems of the words after it.
            left -= min(len(word), room) + len("-")
            room = max(left, 0)
        if problems:
            raise NamesError(problems)

    @property
    def prefix(self) -> str:
        """The prefix of all names."""
        return "-".join(filter(None, [self.project, self.stack, self.qualifier]))

    @property
    def deploy_role(self) -> str:
        """The role that deploys the stack from GitHub, if `bootstrap/` has created it.

        It does not begin with the prefix, or the role could change itself.
        """
        return f"deploy-{self.project}-{self.stack}"

    def of(self, part: str) -> str:
        """Return the name of a resource, unique in its account and region."""
        return f"{self.prefix}-{part}"

    def runtime(self, part: str) -> str:
        """Return the name of an AgentCore runtime, which may have letters, digits and underscores only."""
        return self.of(part).replace("-", "_")

    def bucket(self, part: str, *, account_id: str, region: str) -> str:
        """Return the name of a bucket, which is globally unique."""
        return f"{self.of(part)}-{account_id}-{region}"
