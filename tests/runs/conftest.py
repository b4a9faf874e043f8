from tests.runs.accounts import account

__all__ = ["account"]
