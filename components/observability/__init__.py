"""Alarms, metrics, the dashboard, log queries and notifications."""
