"""Settings with times short enough for tests."""

from agent.harness.environment import Settings

SETTINGS = Settings(
    journal_table="journal",
    report_bucket="reports",
    model_id="model",
    model_factory="agent.harness.models:bedrock",
    heartbeat_seconds=0.05,
    lease_seconds=0.5,
    deadline_seconds=60,
    expected_seconds=60,
    max_turns=10,
    max_tokens=1_000,
    max_prompt_characters=100,
    journal_retention_seconds=86_400,
    log_level="INFO",
)
