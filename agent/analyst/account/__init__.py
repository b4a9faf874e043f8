"""Reads the account: functions, metrics, logs and prices."""
