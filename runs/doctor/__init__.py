"""Checks whether runs of a stack can work now, and says what to do if not."""
