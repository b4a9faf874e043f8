"""Runs and their steps, as the journal holds them."""
