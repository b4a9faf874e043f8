"""The web page: `runs ui`. It is served on loopback only, for one person."""
