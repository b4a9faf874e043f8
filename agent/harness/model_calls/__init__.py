"""Calls of the model: which errors pass, and how long a call is repeated."""
