"""Names of the environment variables that configure the harness."""

from enum import StrEnum


class Variable(StrEnum):
    """The variables. `HarnessSettings` in `agent/harness/environment.py` explains each one."""

    JOURNAL_TABLE = "JOURNAL_TABLE"
    REPORT_BUCKET = "REPORT_BUCKET"
    MODEL_ID = "MODEL_ID"
    BASE_MODEL_ID = "BASE_MODEL_ID"
    MODEL_FACTORY = "MODEL_FACTORY"
    TEMPERATURE = "TEMPERATURE"
    HEARTBEAT_SECONDS = "HEARTBEAT_SECONDS"
    LEASE_SECONDS = "LEASE_SECONDS"
    AGENT_DEADLINE_SECONDS = "AGENT_DEADLINE_SECONDS"
    EXPECTED_SECONDS = "EXPECTED_SECONDS"
    MAX_TURNS = "MAX_TURNS"
    MAX_TOKENS = "MAX_TOKENS"
    MAX_PROMPT_CHARACTERS = "MAX_PROMPT_CHARACTERS"
    JOURNAL_RETENTION_DAYS = "JOURNAL_RETENTION_DAYS"
    LOG_LEVEL = "LOG_LEVEL"
