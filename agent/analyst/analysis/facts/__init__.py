"""The parts of what is read of an account: small values without behaviour."""
