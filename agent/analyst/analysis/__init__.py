"""The arithmetic: what a Lambda function costs, and what could be saved on it. Pure: no network, no clock, no model."""
