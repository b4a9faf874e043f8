"""Computes what Lambda functions cost and what can be saved. Pure: no network, no clock, no model."""
