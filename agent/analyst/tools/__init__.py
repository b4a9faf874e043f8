"""The agent's tools, and how they read an AWS account."""
