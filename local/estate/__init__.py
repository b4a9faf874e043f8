"""Lambda estates for the emulated account: data, what is known about them, and the code that fills an account."""
