"""What can go wrong before there is a run: each error says in one line what failed and what remedies it."""


class LocalStackError(Exception):
    """The local stack cannot be started, deployed or used."""
