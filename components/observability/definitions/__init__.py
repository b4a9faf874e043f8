"""Metrics, the dashboard and log queries as data."""
