"""A stack's settings: typed and validated. Only `stack_file` imports Pulumi."""
