"""A store of facts for tests."""


class MemoryStore:
    """Keeps facts in memory and counts the saves."""

    def __init__(self, saved=None):
        self.saved = saved
        self.saves = 0

    def load(self):
        return self.saved

    def save(self, saved):
        self.saved = saved
        self.saves += 1
