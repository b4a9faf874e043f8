"""Reads CloudWatch Logs: log groups and the memory that runs used."""
