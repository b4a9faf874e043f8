"""What can go wrong before there is a run: each error says in one line what failed and what remedies it."""


class LocalStackError(Exception):
    """The local stack cannot be started, deployed or used."""


class ConfigurationError(LocalStackError):
    """What was asked for does not exist, or cannot be run locally; nothing has been started."""
