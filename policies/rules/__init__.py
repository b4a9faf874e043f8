"""The rules: pure functions from resources to the messages about broken rules.

Imports between them are relative, because this package is `rules` for Pulumi and `policies.rules` for the project.
"""
