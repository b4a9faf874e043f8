"""Names of the environment variables through which the program configures the harness."""

from enum import StrEnum


class Variable(StrEnum):
    """The variables; `agent/harness/environment.py` says what each one means."""

    JOURNAL_TABLE = "JOURNAL_TABLE"
    REPORT_BUCKET = "REPORT_BUCKET"
    MODEL_ID = "MODEL_ID"
    MODEL_FACTORY = "MODEL_FACTORY"
    HEARTBEAT_SECONDS = "HEARTBEAT_SECONDS"
    LEASE_SECONDS = "LEASE_SECONDS"
    AGENT_DEADLINE_SECONDS = "AGENT_DEADLINE_SECONDS"
    EXPECTED_SECONDS = "EXPECTED_SECONDS"
    MAX_TURNS = "MAX_TURNS"
    MAX_TOKENS = "MAX_TOKENS"
    MAX_PROMPT_CHARACTERS = "MAX_PROMPT_CHARACTERS"
    JOURNAL_RETENTION_DAYS = "JOURNAL_RETENTION_DAYS"
    LOG_LEVEL = "LOG_LEVEL"
