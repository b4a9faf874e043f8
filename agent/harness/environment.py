"""The harness's settings, read from the environment variables that `components/runtime/environment.py` declares."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import MISSING, dataclass, fields
from typing import Any, TypeVar

from agent.harness.variables import Variable

Number = TypeVar("Number", int, float)
Own = TypeVar("Own")


class SettingsError(ValueError):
    """Environment variables are missing or malformed.

    Attributes:
        problems: One sentence for each variable, with its remedy.
    """

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("The agent cannot start:\n" + "\n".join(f"- {problem}" for problem in problems))
        self.problems = tuple(problems)


@dataclass(frozen=True, kw_only=True)
class HarnessSettings:
    """The settings that every agent has. Times are in seconds, where the name does not state another unit.

    Each field is read from the variable of the same name in capitals. A field with a default is optional.

    Attributes:
        journal_table: Name of the DynamoDB table of the journal.
        report_bucket: Name of the S3 bucket for reports and saved conversations.
        model_id: Id or ARN of what is invoked on Amazon Bedrock.
        base_model_id: Id of the model behind it, if the ARN does not name it.
        model_factory: `module:function` that builds the Strands model from these settings.
        temperature: How freely the model chooses its words, 0 to 1; None to leave it to the model.
        heartbeat_seconds: Time between two renewals of the lease.
        lease_seconds: How long a lease lasts after its last renewal.
        agent_deadline_seconds: How long one attempt may work.
        model_retry_seconds: How long a failed model call is repeated.
        expected_seconds: Expected duration of a run, as long as there are no finished runs to learn from.
        max_turns: Maximum number of the model's turns in one attempt.
        max_tokens: Maximum number of tokens in one attempt: input, cached or not, and output.
        max_prompt_characters: Length of the longest prompt that is accepted.
        journal_retention_days: How long steps stay in the journal.
        log_level: Name of a level of `logging`.
    """

    journal_table: str
    report_bucket: str
    model_id: str
    base_model_id: str = ""
    model_factory: str = "agent.harness.models:bedrock"
    temperature: float | None = None
    heartbeat_seconds: float
    lease_seconds: float
    agent_deadline_seconds: float
    model_retry_seconds: float
    expected_seconds: float
    max_turns: int
    max_tokens: int
    max_prompt_characters: int
    journal_retention_days: int
    log_level: str = "INFO"


def read(environment: Mapping[str, str]) -> HarnessSettings:
    """Read the settings, for example from `os.environ`.

    Raises:
        SettingsError: Lists every variable that is missing or malformed, with its remedy.
    """
    problems: list[str] = []
    values: dict[str, Any] = {}
    for field in fields(HarnessSettings):
        variable = Variable(field.name.upper())
        if not (text := environment.get(variable)):
            if field.default is MISSING:
                problems.append(f"{variable} is not set: set it in the agent runtime's environment")
            continue
        try:
            values[field.name] = _PARSERS[str(field.type)](text)
        except ValueError as error:
            problems.append(f"{variable} is {text!r}: {error}")
    if problems:
        raise SettingsError(problems)
    return HarnessSettings(**values)


def read_with(
    environment: Mapping[str, str], read_own: Callable[[Mapping[str, str]], Own]
) -> tuple[HarnessSettings, Own]:
    """Read the harness's settings and an agent's own, and report the problems of both together.

    Args:
        environment: The variables, for example `os.environ`.
        read_own: Reads the agent's own settings; raises a `SettingsError` that lists their problems.

    Raises:
        SettingsError: Lists every variable that is missing or malformed, with its remedy.
    """
    problems: list[str] = []
    # Both are read, so that the problems of both are known.
    settings, own = _attempt(read, environment, problems), _attempt(read_own, environment, problems)
    if settings is None or own is None:
        raise SettingsError(problems)
    return settings, own


def _attempt(
    read_settings: Callable[[Mapping[str, str]], Own], environment: Mapping[str, str], problems: list[str]
) -> Own | None:
    try:
        return read_settings(environment)
    except SettingsError as error:
        problems += error.problems
        return None


def _count(text: str) -> int:
    return _positive(int, text, "set a whole number above 0")


def _seconds(text: str) -> float:
    return _positive(float, text, "set a number above 0")


def _share(text: str) -> float:
    try:
        parsed = float(text)
    except ValueError:
        parsed = -1
    if not 0 <= parsed <= 1:
        raise ValueError("set a number from 0 to 1, or nothing")
    return parsed


def _positive(number: Callable[[str], Number], text: str, remedy: str) -> Number:
    try:
        parsed = number(text)
    except ValueError:
        raise ValueError(remedy) from None
    if not parsed > 0:
        raise ValueError(remedy)
    return parsed


# By the type of the field.
_PARSERS: Mapping[str, Callable[[str], Any]] = {
    "str": str,
    "int": _count,
    "float": _seconds,
    "float | None": _share,
}
