"""Names of the environment variables through which the program configures the analyst."""

ANALYSIS_REGIONS = "ANALYSIS_REGIONS"
REFRESH_PRICES = "REFRESH_PRICES"
