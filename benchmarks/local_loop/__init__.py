"""How long the local loop takes, and how time and memory grow with the number of runs."""
