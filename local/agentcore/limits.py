"""Quotas and times of AgentCore."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Limits:
    """AgentCore's quotas and times, with the figures of its documentation where it gives one.

    Attributes:
        initialisation_seconds: Time for a process to answer its first ping.
        ping_interval_seconds: Time between two pings of a session.
        ping_timeout_seconds: Time for a process to answer a ping.
        failed_pings: Failed pings in a row that make a session unhealthy.
        idle_seconds: Time that a session may be idle; the runtime's own setting when None.
        lifetime_seconds: Time that a session may live; the runtime's own setting when None.
        stop_grace_seconds: Time between SIGTERM and SIGKILL.
        invocation_seconds: Time for an agent to answer an invocation.
        new_sessions_per_second: New sessions per second on average. The same number may start at once.
        active_sessions: Sessions that may exist at the same time.
    """

    initialisation_seconds: float = 30.0
    ping_interval_seconds: float = 2.0
    ping_timeout_seconds: float = 10.0
    failed_pings: int = 3
    idle_seconds: float | None = None
    lifetime_seconds: float | None = None
    stop_grace_seconds: float = 5.0
    invocation_seconds: float = 900.0
    new_sessions_per_second: float = 25.0
    active_sessions: int = 2_500


class TokenBucket:
    """A rate limit that allows bursts of one second's tokens.

    Args:
        rate: Tokens per second, and the most tokens that the bucket holds.
        clock: Returns monotonic seconds.
    """

    def __init__(self, rate: float, clock: Callable[[], float]) -> None:
        self._rate = rate
        self._clock = clock
        self._capacity = max(rate, 1.0)
        self._tokens = self._capacity
        self._filled_at = clock()

    def take(self) -> bool:
        """Take a token if there is one. Return whether there was one."""
        now = self._clock()
        self._tokens = min(self._capacity, self._tokens + (now - self._filled_at) * self._rate)
        self._filled_at = now
        if self._tokens < 1.0:
            return False
        self._tokens -= 1.0
        return True
