"""The arguments of an analysis, and the settings of its agent."""

from dataclasses import dataclass
from pathlib import Path

from agent.harness.environment import HarnessSettings
from components.settings.budgets import Budgets
from components.settings.model import Settings

# A global inference profile: Bedrock chooses the region. Name a profile of one continent to stay on it.
MODEL_ID = "global.anthropic.claude-haiku-4-5-20251001-v1:0"
MODEL_FACTORY = "agent.harness.models:bedrock"


@dataclass(frozen=True, kw_only=True)
class AnalysisRequest:
    """Arguments of the command.

    Attributes:
        live: Whether to read a real account.
        regions: The regions to analyse; the configured region when empty.
        refresh_prices: Whether to read AWS's current price list instead of the built-in table.
        group_by_tag: Key of the tag whose value is the owner of a function; empty for none.
        profile: Profile of the AWS configuration; None for the credentials of the environment.
        model_factory: `module:function` that builds the model.
        model_id: Amazon Bedrock model or inference profile id.
        prompt: The prompt of the agent.
        out: The directory for the report; a new directory when None.
        as_json: Whether to print one JSON object to stdout, and progress to stderr.
    """

    live: bool
    regions: tuple[str, ...]
    refresh_prices: bool
    group_by_tag: str
    profile: str | None
    model_factory: str
    model_id: str
    prompt: str
    out: Path | None
    as_json: bool

    def settings(self) -> HarnessSettings:
        """Return the default settings of a stack's agent, without those that only a deployed agent needs."""
        budgets = Budgets()
        return HarnessSettings(
            journal_table="",
            report_bucket="",
            model_id=self.model_id,
            model_factory=self.model_factory,
            heartbeat_seconds=budgets.heartbeat_seconds,
            lease_seconds=budgets.lease_seconds,
            agent_deadline_seconds=budgets.agent_deadline_seconds,
            model_retry_seconds=budgets.model_retry_seconds,
            expected_seconds=budgets.expected_seconds,
            max_turns=Settings.max_turns,
            max_tokens=Settings.max_tokens,
            max_prompt_characters=Settings.max_prompt_characters,
            journal_retention_days=0,
            log_level=Settings.log_level,
        )
