"""The rules, in the order in which their changes are carried out.

The order decides how overlapping savings are shared out: what removes a function comes first, then what removes work,
then what makes the remaining work cheaper; what saves nothing comes last.
"""

from agent.analysis.finding import Rule
from agent.analysis.rules import (
    architecture,
    deprecated_runtime,
    ephemeral_storage,
    errors,
    idle,
    log_class,
    log_retention,
    memory_excess,
    memory_pressure,
    provisioned_concurrency,
    timeout,
)

RULES: tuple[Rule, ...] = (
    idle.RULE,
    provisioned_concurrency.RULE,
    errors.RULE,
    memory_excess.RULE,
    architecture.RULE,
    ephemeral_storage.RULE,
    log_class.RULE,
    log_retention.RULE,
    memory_pressure.RULE,
    timeout.RULE,
    deprecated_runtime.RULE,
)
