"""The budgets of a run: how long each part of it may take, and how often it is tried."""

# Annotations are evaluated here, because the schema of the component package is derived from them.
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from agent.harness.variables import Variable
from components.settings.setting import Setting, setting
from components.workflow.definitions import history

# AgentCore ends every session after eight hours at the latest.
_LONGEST = 28_800

# AgentCore accepts no shorter idle timeout.
_SHORTEST_IDLE_TIMEOUT = 60


def _seconds(description: str, *, minimum: int = 1, variable: Variable | None = None) -> Mapping[str, Setting]:
    return setting(description, minimum=minimum, maximum=_LONGEST, variable=variable)


@dataclass(frozen=True, kw_only=True)
class Budgets:
    """How long each part of a run may take, in seconds, and how often it is tried."""

    heartbeat_seconds: int = field(
        default=30,
        metadata=_seconds("Time between two renewals of the agent's lease.", variable=Variable.HEARTBEAT_SECONDS),
    )
    lease_seconds: int = field(
        default=120,
        metadata=_seconds(
            "An agent that has not renewed its lease for this time is considered dead.", variable=Variable.LEASE_SECONDS
        ),
    )
    start_seconds: int = field(
        default=120,
        metadata=_seconds("Time within which the agent must begin its work after AgentCore has accepted the start."),
    )
    agent_deadline_seconds: int = field(
        default=3000,
        metadata=_seconds("The agent ends its own work after this time.", variable=Variable.AGENT_DEADLINE_SECONDS),
    )
    model_retry_seconds: int = field(
        default=180,
        metadata=_seconds(
            "How long the agent repeats a model call that fails for a passing reason, such as throttling. After that, "
            "the next attempt continues the conversation.",
            variable=Variable.MODEL_RETRY_SECONDS,
        ),
    )
    workflow_deadline_seconds: int = field(
        default=3600,
        metadata=_seconds("The workflow ends a run after this time, even if the agent has not ended."),
    )
    max_lifetime_seconds: int = field(default=7200, metadata=_seconds("AgentCore ends a session after this time."))
    idle_timeout_seconds: int = field(
        default=300,
        metadata=_seconds("AgentCore ends a session that has been idle for this time.", minimum=_SHORTEST_IDLE_TIMEOUT),
    )
    max_attempts: int = field(
        default=3,
        metadata=setting("A run whose agent dies is started at most this many times in total.", minimum=1, maximum=10),
    )
    expected_seconds: int = field(
        default=180,
        metadata=_seconds(
            "Expected duration of a run, until there are finished runs to learn from.",
            variable=Variable.EXPECTED_SECONDS,
        ),
    )
    poll_min_seconds: int = field(default=5, metadata=_seconds("The shortest wait between two checks of the journal."))
    poll_max_seconds: int = field(default=60, metadata=_seconds("The longest wait between two checks of the journal."))


def broken_orders(budgets: Budgets) -> Iterator[tuple[str, str, str]]:
    """Yield the broken rules about the order of budgets, each as (budget, relation, other budget).

    The rules distinguish a dead agent from a slow one (heartbeat and lease), let the agent end before the workflow and
    the workflow before AgentCore, and keep every wait shorter than a lease.
    """
    b = budgets
    # One heartbeat may be lost, and the next one late.
    if b.lease_seconds < 3 * b.heartbeat_seconds:
        yield "lease_seconds", "at least three times", "heartbeat_seconds"
    for name, other in [
        ("lease_seconds", "poll_max_seconds"),
        ("poll_max_seconds", "poll_min_seconds"),
        ("agent_deadline_seconds", "expected_seconds"),
        ("max_lifetime_seconds", "idle_timeout_seconds"),
    ]:
        if getattr(b, name) < getattr(b, other):
            yield name, "at least", other
    for name, other in [
        ("agent_deadline_seconds", "lease_seconds"),
        ("agent_deadline_seconds", "start_seconds"),
        ("workflow_deadline_seconds", "agent_deadline_seconds"),
        ("max_lifetime_seconds", "workflow_deadline_seconds"),
    ]:
        if getattr(b, name) <= getattr(b, other):
            yield name, "above", other


def longest_history(budgets: Budgets) -> float:
    """Return the number of events in the execution history of the longest run."""
    return history.longest(
        workflow_deadline_seconds=budgets.workflow_deadline_seconds,
        poll_max_seconds=budgets.poll_max_seconds,
        max_attempts=budgets.max_attempts,
    )
