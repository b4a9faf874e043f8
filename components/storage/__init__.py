"""Where runs, reports and code are kept, and the key that encrypts them."""
