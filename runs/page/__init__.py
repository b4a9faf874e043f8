"""The web page: `runs ui`. Rendered here, on loopback only, for one person."""
