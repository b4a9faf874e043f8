"""The zips that Lambda and AgentCore run, built from the lock file."""
