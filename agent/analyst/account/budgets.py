"""Time budgets of the stages. The clock runs in `Reading`; a stage returns what it has read by then."""

from __future__ import annotations

# 1,000 functions are 20 pages of a fifth of a second, and their versions can be a hundred more. A region that does not
# answer takes `reading.REQUEST_SECONDS`, so two of them leave time for the others.
LISTING_SECONDS = 180.0
# Lambda answers 15 requests for configuration a second: 100 s for 1,000 functions with provisioned and reserved
# concurrency. The metrics of 1,000 functions are ten requests of a few seconds, and one that does not answer takes
# `reading.REQUEST_SECONDS`.
USAGE_SECONDS = 300.0
# Log groups come in pages of 50. The filters and streams of the few that need a closer look are one request each.
LOGS_SECONDS = 180.0
# CloudWatch Logs answers five searches a second: 320 s for `sampling.MAX_SAMPLED` functions with
# `memory.SLICES` searches each.
MEMORY_SECONDS = 420.0
