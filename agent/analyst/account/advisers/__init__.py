"""Reads the second opinions of AWS's own advisers. Both are free, and an account may have them off."""
