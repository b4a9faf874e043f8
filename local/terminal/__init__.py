"""What the commands need of the terminal: signals, output streams, private files and background work."""
