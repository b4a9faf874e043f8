"""The states between the claim of a run and its first start: whether, when and with what prompt it may start."""
