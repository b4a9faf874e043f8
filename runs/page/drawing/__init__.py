"""Pictures, as positions and words: templates turn them into SVG."""
