"""Checks the figures in the model's text, and computes a text where the model wrote none."""
