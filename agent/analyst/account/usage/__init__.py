"""Reads CloudWatch metrics: how often and how long functions ran."""
