"""What the scripted model writes: sentences with the keys of figures, about what the prompt names."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Answer = Mapping[str, Any]

_ACCOUNT, _OWNERS = "account", "owners"
_UNTAGGED = "(untagged)"
_MOST_NAMED = 5


@dataclass(frozen=True, kw_only=True)
class Wish:
    """What the prompt asks for.

    Attributes:
        functions: The functions that it names.
        findings: The findings on these functions, and on the issues that it names, by the path of their figures. All
            findings if it names nothing.
        narrowed: Whether it names anything.
    """

    functions: Sequence[str]
    findings: Answer
    narrowed: bool

    @classmethod
    def of(cls, prompt: str, answers: Sequence[Answer]) -> Wish:
        """Find the names of functions, and of rules such as `memory-excess`, in a prompt."""
        listed = {
            path: value
            for answer in answers
            for path, value in answer.items()
            if isinstance(value, dict) and path not in {_ACCOUNT, _OWNERS}
        }
        findings = {path: value for path, value in listed.items() if _rule(path)}
        functions = [name for name in dict.fromkeys(map(function_of, listed)) if _names(prompt, re.escape(name))]
        rules = {rule for rule in map(_rule, findings) if _names(prompt, f"{rule.replace('-', '[ -]')}s?")}
        chosen = {
            path: value for path, value in findings.items() if function_of(path) in functions or _rule(path) in rules
        }
        narrowed = bool(functions or rules)
        return cls(functions=functions, findings=chosen if narrowed else findings, narrowed=narrowed)

    @property
    def changes(self) -> Sequence[str]:
        """Return the findings that save money, the largest first."""
        return [path for path, finding in self.findings.items() if "saving" in finding]


def paragraphs(savings: Answer, wish: Wish) -> Sequence[str]:
    """Write the summary."""
    rest = _wished(wish) if wish.narrowed else _of_all(savings, wish)
    return [_opening(savings), *rest]


def remarks(inspected: Answer, wish: Wish) -> dict[str, str]:
    """Write a remark on each finding that saves money and was inspected."""
    return {path: _remark(path, inspected) for path in wish.changes if path in inspected}


def function_of(path: str) -> str:
    """Return the function of a finding."""
    return path.partition(".")[0]


def _opening(savings: Answer) -> str:
    account = savings[_ACCOUNT]
    if not account["functions"]:
        return "There are no Lambda functions in the account, so there is nothing to save."
    verb = "costs" if account["functions"] == 1 else "cost"
    spent = f"{{account.functions}} {verb} {{account.cost}} a month at list prices."
    if not account["changes"]:
        return f"{spent} No change would save a notable amount."
    return f"{spent} The changes below would save {{account.saving}} of it, {{account.saving-share}}."


def _wished(wish: Wish) -> Sequence[str]:
    """Write about what the prompt names."""
    sentences = ["The request names a part of the findings, so this summary is about that part."]
    found = {function_of(path) for path in wish.findings}
    sentences += [
        f"{name} costs {{{name}.cost}} a month, and no change to it was found."
        for name in wish.functions
        if name not in found
    ]
    for path, finding in list(wish.findings.items())[:_MOST_NAMED]:
        sentences.append(f"On {function_of(path)}: {{{path}.issue}}.")
        if "saving" in finding:
            sentences.append(f"For {function_of(path)}, {_advertised(path)}.")
    return [" ".join(sentences)]


def _of_all(savings: Answer, wish: Wish) -> Sequence[str]:
    return [*_priorities(savings, wish), *_by_owner(savings), *_uncertainties(savings, wish)]


def _by_owner(savings: Answer) -> Sequence[str]:
    """Write whose cost it is, if the functions are grouped by a tag."""
    owners = savings.get(_OWNERS, {})
    tagged = [name for name in owners if name != _UNTAGGED]
    listed = [*tagged[:_MOST_NAMED], *(name for name in owners if name == _UNTAGGED)]
    sentences = [
        f"{_functions_of(name)} cost {{{_OWNERS}.{name}.cost}} a month, and {{{_OWNERS}.{name}.saving}} of it can be "
        f"saved; further advice: {{{_OWNERS}.{name}.recommendations}}."
        for name in listed
    ]
    return [" ".join(sentences)] if sentences else []


def _functions_of(owner: str) -> str:
    return "Untagged functions" if owner == _UNTAGGED else f"The functions of {{{_OWNERS}.{owner}.name}}"


def _priorities(savings: Answer, wish: Wish) -> Sequence[str]:
    if not wish.changes:
        return []
    best = wish.changes[0]
    sentences = [f"Begin with {function_of(best)}: {_advertised(best)}."]
    rules = {
        f"{_ACCOUNT}.{rule}": totals["issue"].lower()
        for rule, totals in savings[_ACCOUNT].items()
        if isinstance(totals, dict) and "saving" in totals
    }
    if len(rules) > 1:
        (first, issue), (second, other) = list(rules.items())[:2]
        sentences.append(
            f"In the account the largest part is {issue} with a saving of {{{first}.saving}}, followed by {other} with "
            f"{{{second}.saving}}."
        )
    careful = [function_of(path) for path in wish.changes if wish.findings[path]["risk"] != "low"]
    if careful:
        names = ", ".join(dict.fromkeys(careful[:3]))
        sentences.append(f"Talk to the owners first where a change can do harm, as on {names}.")
    return [" ".join(sentences)]


def _uncertainties(savings: Answer, wish: Wish) -> Sequence[str]:
    sentences = []
    advice = [path for path, finding in wish.findings.items() if "saving" not in finding]
    if advice:
        verb = "needs" if savings[_ACCOUNT]["functions-with-recommendations"] == 1 else "need"
        sentences.append(
            f"In the account {{account.functions-with-recommendations}} also {verb} attention for reasons other "
            f"than money; the first is {function_of(advice[0])}."
        )
    if savings["gaps"]:
        sources = ", ".join(dict.fromkeys(gap["source"] for gap in savings["gaps"]))
        sentences.append(f"Not everything could be read ({sources}), so that there may be more to find.")
    return [" ".join(sentences)] if sentences else []


def _advertised(path: str) -> str:
    saves = f"{{{path}.change}}, which saves {{{path}.saving}} a month"
    return f"{saves}, with {{{path}.confidence}} confidence and {{{path}.risk}} risk"


def _remark(path: str, inspected: Answer) -> str:
    function = function_of(path)
    others = sum(function_of(other) == function and "." in other for other in inspected) - 1
    remark = f"{function} costs {{{function}.cost}} a month. {{{path}.risk-reason}}"
    return f"{remark} Do it together with the other changes to this function." if others else remark


def _rule(path: str) -> str:
    return path.partition(".")[2]


def _names(prompt: str, name: str) -> bool:
    return re.search(rf"(?<![\w-]){name}(?![\w-])", prompt, re.IGNORECASE) is not None
