"""What the commands need of the terminal: signals, output streams and background work."""
