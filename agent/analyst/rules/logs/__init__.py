"""Rules about the logs of functions."""
