"""The rules, in the order in which their changes are made.

The order decides how overlapping savings are divided. Rules that delete a function come first, then rules that make its
work cheaper, then rules that save nothing. One exception: rules about wasted work come early and use today's cost.
"""

from agent.analyst.analysis.finding import Rule
from agent.analyst.rules.logs import log_class, log_delivery, log_retention
from agent.analyst.rules.risks import (
    deprecated_runtime,
    errors,
    memory_pressure,
    recursion,
    reserved_concurrency,
    retries,
    throttling,
    timeout,
    timeout_pressure,
)
from agent.analyst.rules.savings import (
    architecture,
    cold_starts,
    compute_optimizer,
    ephemeral_storage,
    extensions,
    memory_excess,
    provisioned_concurrency,
    snapstart,
    steady_concurrency,
)
from agent.analyst.rules.unused import idle, idle_polling, old_versions, snapstart_cache

RULES: tuple[Rule, ...] = (
    idle.RULE,
    errors.RULE,
    retries.RULE,
    extensions.RULE,
    snapstart.RULE,
    cold_starts.RULE,
    provisioned_concurrency.RULE,
    memory_excess.RULE,
    compute_optimizer.RULE,
    architecture.RULE,
    ephemeral_storage.RULE,
    steady_concurrency.RULE,
    snapstart_cache.RULE,
    idle_polling.RULE,
    log_class.RULE,
    log_delivery.RULE,
    log_retention.RULE,
    memory_pressure.RULE,
    timeout_pressure.RULE,
    throttling.RULE,
    timeout.RULE,
    deprecated_runtime.RULE,
    reserved_concurrency.RULE,
    recursion.RULE,
    old_versions.RULE,
)
