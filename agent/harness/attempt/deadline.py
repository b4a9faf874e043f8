"""The time at which an attempt stops its work."""

from __future__ import annotations

from dataclasses import dataclass

from agent.harness.environment import HarnessSettings


@dataclass(frozen=True, kw_only=True)
class Deadline:
    """The deadline of one attempt.

    Attributes:
        at: Seconds of the monotonic clock.
        setting: The setting that causes this deadline.
    """

    at: float
    setting: str

    @classmethod
    def of(cls, settings: HarnessSettings, *, workflow_seconds: float, begun_at: float) -> Deadline:
        """Return the earlier one of the agent's deadline and one lease before the workflow's.

        The agent stops before the workflow does, because only the agent can journal why the run ended.

        Args:
            settings: The harness's settings.
            workflow_seconds: Seconds until the workflow gives up the run.
            begun_at: When the attempt began, in seconds of the monotonic clock.
        """
        left = workflow_seconds - settings.lease_seconds
        if left >= settings.agent_deadline_seconds:
            return cls(at=begun_at + settings.agent_deadline_seconds, setting="agentDeadlineSeconds")
        return cls(at=begun_at + left, setting="workflowDeadlineSeconds")
