"""What a fault declares."""

from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass(frozen=True, kw_only=True)
class Fault:
    """A fault, the work that it disturbs, and how the run may end.

    Attributes:
        happen: Called with the scene, the session id and a random number generator.
        script: The agent's work (tests/faults/agent.py).
        ends: Pairs of status and error type.
        attempts: Minimum and maximum number of attempts.
    """

    happen: Callable = lambda _scene, _session_id, _rng: None
    script: dict = field(default_factory=lambda: {"seconds": 5})
    ends: tuple = (("COMPLETED", None),)
    attempts: tuple = (1, 1)

    def wrong_end(self, ending):
        """Return what is wrong with how the run ended; None if nothing is."""
        found = (ending.status, ending.error_type)
        return None if found in self.ends else f"{found} instead of {self.ends}: {ending}"

    def wrong_attempts(self, ending):
        """Return why the run did not take as many attempts as the fault causes; None if it did.

        That breaks no guarantee: on a slow machine a fault may strike after the work, or a lease may expire.
        """
        fewest, most = self.attempts
        return None if fewest <= ending.attempt <= most else f"{ending.attempt} attempts, expected {fewest} to {most}"
