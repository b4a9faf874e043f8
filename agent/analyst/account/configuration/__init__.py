"""Reads how functions are configured."""
