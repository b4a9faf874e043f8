"""Mocks for unit tests of programs that use these components."""
