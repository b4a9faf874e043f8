"""Where tests keep facts."""


class MemoryStore:
    """Keeps facts in memory, and counts how often."""

    def __init__(self, saved=None):
        self.saved = saved
        self.saves = 0

    def load(self):
        return self.saved

    def save(self, saved):
        self.saved = saved
        self.saves += 1
