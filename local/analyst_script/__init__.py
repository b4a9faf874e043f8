"""The script of the scripted model: what it does in each turn, and what it writes."""
