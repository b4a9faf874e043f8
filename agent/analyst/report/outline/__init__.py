"""What the report shows, in which order: built once, for all its renderings."""
