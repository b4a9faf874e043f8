"""Errors of the local stack. Each message is one line: what failed, then what to do."""


class LocalStackError(Exception):
    """The local stack cannot be started, deployed or used."""


class ConfigurationError(LocalStackError):
    """The configuration is wrong or cannot be used locally. Nothing has been started."""
