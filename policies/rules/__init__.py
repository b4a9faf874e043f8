"""The rules: pure functions from resources to what is wrong with them.

Imports within are relative, because Pulumi knows this package as `rules` and the rest of the project as
`policies.rules`.
"""
