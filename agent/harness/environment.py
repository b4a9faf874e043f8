"""The harness's settings, read from the environment variables that `components/runtime/environment.py` declares."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

Number = TypeVar("Number", int, float)


class SettingsError(ValueError):
    """One or more environment variables are missing or malformed; the message lists all of them."""


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What the environment says. Times are in seconds.

    Attributes:
        journal_table: Name of the DynamoDB table that holds the journal.
        report_bucket: Name of the S3 bucket for reports and saved conversations.
        model_id: Amazon Bedrock model or inference profile id.
        model_factory: `module:function` that builds the Strands model from these settings.
        heartbeat_seconds: Time between two renewals of the lease.
        lease_seconds: How long a renewal is good for.
        deadline_seconds: How long one attempt may work.
        expected_seconds: How long a run takes, until finished runs have taught better.
        max_turns: Most turns of the model in one attempt.
        max_tokens: Most tokens, in and out, in one attempt.
        max_prompt_characters: Longest prompt that is accepted.
        journal_retention_seconds: How long steps stay in the journal.
        log_level: Name of a level of `logging`.
    """

    journal_table: str
    report_bucket: str
    model_id: str
    model_factory: str
    heartbeat_seconds: float
    lease_seconds: float
    deadline_seconds: float
    expected_seconds: float
    max_turns: int
    max_tokens: int
    max_prompt_characters: int
    journal_retention_seconds: int
    log_level: str


def read(environment: Mapping[str, str]) -> Settings:
    """Read the settings, from `os.environ` for instance.

    Raises:
        SettingsError: Lists every variable that is missing or malformed, with its remedy.
    """
    problems: list[str] = []
    values: dict[str, Any] = {}
    for field, (variable, parse, default) in _VARIABLES.items():
        text = environment.get(variable) or default
        if text is None:
            problems.append(f"{variable} is not set: the agent runtime's environment must declare it")
            continue
        try:
            values[field] = parse(text)
        except ValueError as error:
            problems.append(f"{variable} is {text!r}: {error}")
    if problems:
        raise SettingsError("The agent cannot start:\n" + "\n".join(f"- {problem}" for problem in problems))
    return Settings(**values)


def _seconds(text: str) -> float:
    return _positive(float, text)


def _count(text: str) -> int:
    return _positive(int, text)


def _days(text: str) -> int:
    return _positive(int, text) * 86_400


def _positive(number: Callable[[str], Number], text: str) -> Number:
    try:
        parsed = number(text)
    except ValueError:
        parsed = number("0")
    if not parsed > 0:
        raise ValueError("give a number above 0")
    return parsed


# Field of Settings: variable, how to parse it, and its default (None: it must be set).
_VARIABLES: dict[str, tuple[str, Callable[[str], Any], str | None]] = {
    "journal_table": ("JOURNAL_TABLE", str, None),
    "report_bucket": ("REPORT_BUCKET", str, None),
    "model_id": ("MODEL_ID", str, None),
    "model_factory": ("MODEL_FACTORY", str, "agent.harness.models:bedrock"),
    "heartbeat_seconds": ("HEARTBEAT_SECONDS", _seconds, None),
    "lease_seconds": ("LEASE_SECONDS", _seconds, None),
    "deadline_seconds": ("AGENT_DEADLINE_SECONDS", _seconds, None),
    "expected_seconds": ("EXPECTED_SECONDS", _seconds, None),
    "max_turns": ("MAX_TURNS", _count, None),
    "max_tokens": ("MAX_TOKENS", _count, None),
    "max_prompt_characters": ("MAX_PROMPT_CHARACTERS", _count, None),
    "journal_retention_seconds": ("JOURNAL_RETENTION_DAYS", _days, None),
    "log_level": ("LOG_LEVEL", str, "INFO"),
}
