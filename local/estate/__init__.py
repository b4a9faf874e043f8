"""Lambda estates for the emulated account: their functions, their known findings, and code that creates them."""
