"""The commands. Each parses its options, calls the library and prints; slow imports happen when they are needed."""
