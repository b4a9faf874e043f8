"""Reads what the account pays: current prices and discounts."""
