"""Rules that find savings."""
