"""Answers of rules that lack a fact which several rules need."""

from agent.analyst.analysis.finding import Undecided
from agent.analyst.analysis.profile import FunctionProfile

USAGE = Undecided(reason="its usage could not be read", missing="usage")
PROVISIONED = Undecided(reason="its provisioned concurrency could not be read", missing="provisioned")
VERSIONS = Undecided(reason="its versions could not be read", missing="versions")
P99 = Undecided(reason="CloudWatch has no p99 of its duration", missing="usage.p99_ms")
PEAK_CONCURRENCY = Undecided(reason="CloudWatch has no number of its instances", missing="usage.peak_concurrency")
CONCURRENCY_LIMIT = Undecided(
    reason="the account's limit of concurrent executions could not be read", missing="surroundings.concurrency_limit"
)
CODE_LIMIT = Undecided(
    reason="the space for code in its region could not be read", missing="surroundings.code_limit_bytes"
)
LOG_INGESTION = Undecided(reason="the amount of its logs could not be read", missing="log_group.incoming_bytes")
LOG_PRICE = Undecided(reason="the price of its log class is not known", missing="log_group.log_class")


def memory(profile: FunctionProfile) -> Undecided | None:
    """Return why the memory use is not known at the configured size; None if it is."""
    if profile.memory is None:
        silent = profile.usage is not None and not profile.usage.invocations
        return Undecided(
            reason="it did not run, so its memory use is not known"
            if silent
            else "its memory use was not sampled or could not be read",
            missing="memory",
        )
    if not profile.measured_as_configured:
        return Undecided(reason="a version with another memory size served some of its runs", missing="memory")
    return None


def log_group(profile: FunctionProfile) -> Undecided:
    """Return why the log group is not known."""
    return Undecided(
        reason="it has no log group yet, or the group could not be read"
        if profile.has_own_log_group
        else "it writes to a log group of another name, which others may write to",
        missing="log_group",
    )
