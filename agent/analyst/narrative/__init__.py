"""Checks the numbers in the model's words."""
