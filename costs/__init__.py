"""What a run costs: list prices with their sources, and the bill of a run computed from them.

The package is pure: it imports nothing of the project but the names and the counts of tokens.
"""
