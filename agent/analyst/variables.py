"""Names of the environment variables through which the program configures the analyst."""

ANALYSIS_REGIONS = "ANALYSIS_REGIONS"
GROUP_BY_TAG = "GROUP_BY_TAG"
REFRESH_PRICES = "REFRESH_PRICES"
