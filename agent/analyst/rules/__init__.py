"""The rules, in the order in which their changes are made.

The order decides how overlapping savings are divided. Rules that delete a function come first, then rules that make its
work cheaper, then rules that save nothing. One exception: failing runs are judged early, at today's cost.
"""

from agent.analyst.analysis.finding import Rule
from agent.analyst.rules.risks import deprecated_runtime, errors, memory_pressure, throttling, timeout, timeout_pressure
from agent.analyst.rules.savings import (
    architecture,
    ephemeral_storage,
    idle,
    log_class,
    log_retention,
    memory_excess,
    provisioned_concurrency,
)

RULES: tuple[Rule, ...] = (
    idle.RULE,
    errors.RULE,
    provisioned_concurrency.RULE,
    memory_excess.RULE,
    architecture.RULE,
    ephemeral_storage.RULE,
    log_class.RULE,
    log_retention.RULE,
    memory_pressure.RULE,
    timeout_pressure.RULE,
    throttling.RULE,
    timeout.RULE,
    deprecated_runtime.RULE,
)
