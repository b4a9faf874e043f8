"""Time budgets of the stages. The clock runs in `Reading`; a stage returns what it has read by then."""

from __future__ import annotations

# 1,000 functions are 20 pages of a fifth of a second. A region that does not answer takes `reading.REQUEST_SECONDS`, so
# two of them leave time for the others.
LISTING_SECONDS = 180.0
# The versions of 1,000 functions can be a hundred pages and more. The other lists of a region are short.
CONFIGURATION_SECONDS = 180.0
# Lambda answers 15 requests for configuration a second: 70 s for the provisioned concurrency of 1,000 functions with
# versions. Their metrics are ten requests of a few seconds, and one that does not answer takes
# `reading.REQUEST_SECONDS`.
USAGE_SECONDS = 240.0
# Log groups come in pages of 50. The filters and streams of the few that need a closer look are one request each.
LOGS_SECONDS = 120.0
# Three hundred requests for details of functions, at 15 a second, and one to each adviser and to Cost Explorer.
CLOSER_LOOK_SECONDS = 120.0
# CloudWatch Logs answers five searches a second: 320 s for `sampling.MAX_SAMPLED` functions with
# `memory.SLICES` searches each.
MEMORY_SECONDS = 420.0
