"""Settings with short times, for tests."""

from agent.harness.environment import HarnessSettings

SETTINGS = HarnessSettings(
    journal_table="journal",
    report_bucket="reports",
    model_id="model",
    model_factory="agent.harness.models:bedrock",
    heartbeat_seconds=0.05,
    lease_seconds=0.5,
    agent_deadline_seconds=60,
    model_retry_seconds=0.5,
    expected_seconds=60,
    max_turns=10,
    max_tokens=1_000,
    max_prompt_characters=100,
    journal_retention_days=1,
    log_level="INFO",
)
