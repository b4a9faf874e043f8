"""Where a stack is: its outputs, and clients of the account that holds it."""
