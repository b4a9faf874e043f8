"""The commands of `python -m local`, and what they print."""
